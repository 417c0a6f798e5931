/** Reminds of the format when preparation makes something else: its number says whether a registered module may run. */
import { createHash } from 'node:crypto';
import { assembleWasm } from '@pappus/testkit';
import { expect, it } from 'vitest';
import { prepareModule } from '../module/module-preparation.ts';
import { PREPARED_FORMAT } from './prepared-format.ts';
import { leanPrograms } from './testing/lean-programs.ts';
import { wasiPrograms } from './testing/wasi-programs.ts';
import { WASI_IMPORTABLE } from './wasi/signatures.ts';

const EXPECTED = { format: 1, digest: 'eed888878f655f2901be5fac8e7e6e2ea99c86d190c370e33cf4a72cc308dcf8' };

it('another result of preparation has another format', async () => {
  const digest = createHash('sha256');
  for (const programs of [leanPrograms(false), leanPrograms(true), wasiPrograms(false), wasiPrograms(true)]) {
    for (const text of Object.values(programs)) {
      const prepared = prepareModule(await assembleWasm(text), WASI_IMPORTABLE, 4_194_304);
      if (prepared.kind === 'refused') throw new Error(prepared.problems.join('\n'));
      digest.update(prepared.module.bytes).update(JSON.stringify(prepared.module.report));
    }
  }
  expect({ format: PREPARED_FORMAT, digest: digest.digest('hex') }, 'raise PREPARED_FORMAT, then put both here').toEqual(EXPECTED);
});
