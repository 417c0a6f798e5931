/** A gateway with busy engines, to be killed by a test, in the folder that is its argument. */
import { startEngine } from './engine-under-test.ts';

const { run } = await startEngine({ folder: process.argv[2] ?? '' });
for (let busy = 0; busy < 4; busy++) run('loop').catch(() => {});
setTimeout(() => process.stdout.write('busy\n'), 200);
