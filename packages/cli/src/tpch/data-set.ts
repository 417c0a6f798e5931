/** TPC-H tables for a command: those that the user names, or generated ones that are kept between runs. */
import { cacheFolder } from '../environment.ts';
import { generateWithProgress } from '../commands/tpch-generate.ts';
import type { CommandContext } from '../program.ts';

export async function tpchTables(context: CommandContext, scaleFactor: number, tables: string | undefined): Promise<string> {
  if (tables !== undefined) return tables;
  const out = await cacheFolder('tpch', `sf${scaleFactor}`);
  await generateWithProgress(context, { sf: scaleFactor, out });
  return out;
}
