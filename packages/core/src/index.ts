export { assert, AssertionError, defined, unreachable } from './assert.ts';
export { Cancellation, type CancelSignal } from './cancel-signal.ts';
export { abortable, cancelled, withDeadline, type DeadlineOptions } from './cancellation.ts';
export { sleep, systemClock, type Clock, type Timer } from './clock.ts';
export { AppError, errorMessage, systemCode, toAppError, type AppErrorOptions, type ErrorCode, type ErrorRecord } from './errors.ts';
export {
  parseEdgeId,
  parseGeneration,
  parseGroupId,
  parseInstanceId,
  parseQueryId,
  parseRank,
  parseStageId,
  type Brand,
  type EdgeId,
  type Generation,
  type GroupId,
  type InstanceId,
  type QueryId,
  type Rank,
  type StageId,
} from './ids.ts';
export { jsonLogger, silentLogger, type JsonLoggerOptions, type LogFields, type Logger, type LogLevel } from './logger.ts';
export { randomFraction, randomHex, randomInt, seededRandom, systemRandom, type Random } from './random.ts';
