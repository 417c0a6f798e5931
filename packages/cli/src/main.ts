#!/usr/bin/env node
/** The `pappus` command. */
import module from 'node:module';

const MIN_NODE_MAJOR = 24;

if (Number(process.versions.node.split('.')[0]) < MIN_NODE_MAJOR) {
  process.stderr.write(`error: pappus needs Node ${MIN_NODE_MAJOR} or newer, this is ${process.versions.node}\n`);
  process.exit(1);
}
module.enableCompileCache();
const { runCli } = await import('./program.ts');
const { flushed } = await import('./output/flush.ts');
const streams = { out: process.stdout, err: process.stderr };
process.exit(await flushed(await runCli(process.argv.slice(2), streams), streams));
