/** A gateway with busy engines, to be killed by a test. */
import { startEngine } from './engine-under-test.ts';

const { run } = await startEngine();
for (let busy = 0; busy < 4; busy++) run('loop').catch(() => {});
setTimeout(() => process.stdout.write('busy\n'), 200);
