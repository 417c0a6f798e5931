#!/usr/bin/env node
/** The `pappus` command. */
import { enableCompileCache } from 'node:module';

enableCompileCache();
const { runCli } = await import('./program.ts');
const status = await runCli(process.argv.slice(2), { out: process.stdout, err: process.stderr });
process.exit(status);
