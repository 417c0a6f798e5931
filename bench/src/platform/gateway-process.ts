/** `pappus serve` as a program that the benches start: the same composition root, told where it is by a message. */
import { silentLogger, systemClock, systemRandom } from '@pappus/core';
import { parseServerConfig, startServer } from '@pappus/server';

const server = await startServer(parseServerConfig(JSON.parse(process.argv[2] ?? '{}')), { clock: systemClock, random: systemRandom, logger: silentLogger });
let stopping = false;
const stop = async (): Promise<void> => {
  if (stopping) return;
  stopping = true;
  await server.stop();
  process.exit(0); // writes the profile of --cpu-prof, where it was asked for
};
for (const event of ['SIGTERM', 'SIGINT', 'disconnect']) process.on(event, () => void stop());
process.send?.({ url: server.url });
