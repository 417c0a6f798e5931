/** The least that `pappus explain` could be: a process that opens DuckDB on the same files and prepares the statement. */
import { SingleProcess } from './harness/single-process.ts';

const [folder = '', sql = ''] = process.argv.slice(2);
const duckdb = await SingleProcess.open(folder, 1);
await duckdb.prepare(sql);
duckdb.close();
