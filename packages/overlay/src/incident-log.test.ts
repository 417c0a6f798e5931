import { expect, test } from 'vitest';
import type { LogFields, Logger } from '@pappus/core';
import { SimulatedClock } from '@pappus/testkit';
import { IncidentLog } from './incident-log.ts';
import { INCIDENT_INTERVAL_MS, MAX_INCIDENT_KINDS } from './limits.ts';

test('logs an incident once a minute per host and says how often it was silent', async () => {
  const clock = new SimulatedClock();
  const lines: LogFields[] = [];
  const logger: Logger = { log: (_level, _message, fields = {}) => void lines.push(fields), child: () => logger };
  const log = new IncidentLog(clock, logger);
  for (let count = 0; count < 100; count += 1) log.report('garbage', 'a', 'x');
  log.report('garbage', 'b', 'x');
  await clock.advance(INCIDENT_INTERVAL_MS);
  log.report('garbage', 'a', 'x');
  expect(lines.map(({ host, alsoHappened }) => [host, alsoHappened])).toEqual([
    ['a', 0],
    ['b', 0],
    ['a', 99],
  ]);
  for (let host = 0; host < 2 * MAX_INCIDENT_KINDS; host += 1) log.report('garbage', String(host), 'x');
  log.report('garbage', 'a', 'x'); // forgotten by now: the table is bounded
  expect(lines.at(-1)).toMatchObject({ host: 'a', alsoHappened: 0 });
});
