/** For the tests: a process that exits while its engine is busy, waits for input, or is idle. */
import { systemClock } from '@pappus/core';
import { columnsOf, fragmentOf, io, never, newEngine } from './testing.ts';

const [mode, folder] = process.argv.slice(2);
const engine = newEngine(folder ?? '');
await engine.start();
const sql = mode === 'busy' ? 'SELECT count(*) FROM range(1000000000) a(x), range(1000000) b(y) WHERE x + y = 17' : 'FROM t';
const fragment = fragmentOf({ sql, inputs: mode === 'busy' ? [] : [{ edge: 1, table: 't', columns: columnsOf('BIGINT') }] });
if (mode !== 'idle') void engine.run(fragment, io({ 1: { next: () => new Promise(() => undefined) } }), never).catch(() => undefined);
systemClock.schedule(200, () => process.exit(3));
