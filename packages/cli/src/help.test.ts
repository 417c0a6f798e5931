/** What the help of commands promises. */
import { functionSpecSchema } from '@pappus/api';
import { expect, it } from 'vitest';
import { pappus } from './testing/captured-cli.ts';

const helpOf = async (...command: readonly string[]): Promise<string> => (await pappus(...command, '--help')).out.replaceAll(/\s+/g, ' ');

it('shows the defaults that functions have', async () => {
  const { memoryBytes, timeMs, outputBytes, outputItems, logBytes, concurrency } = functionSpecSchema.parse({ inputs: [], outputs: [] }).limits;
  const shown = [`${memoryBytes / 1024 ** 2}MB`, `${timeMs / 1000}s`, `${outputBytes / 1024 ** 2}MB`, String(outputItems), `${logBytes / 1024}KB`, String(concurrency)];
  const help = await helpOf('deploy');
  for (const value of shown) expect(help).toContain(`(default: ${value})`);
});

it.each([['serve', '7077'], ['dev', '7077'], ['query', '122880']])('shows the default of a flag of %s', async (command, value) => {
  expect(await helpOf(command)).toContain(`(default: ${value})`);
});

it.each(['ls', 'describe', 'rm', 'logs', 'trace', 'token'])('has an example of %s', async (command) => {
  expect(await helpOf(command)).toContain(`Example: pappus ${command}`);
});

it('sends whoever mistypes to the help of the command', async () => {
  expect(await pappus('deploy', '--bogus')).toMatchObject({ status: 2, err: expect.stringContaining('(pappus deploy --help shows what there is)') });
  expect(await pappus('tpch', 'run', '--bogus')).toMatchObject({ status: 2, err: expect.stringContaining('(pappus tpch run --help shows what there is)') });
});
