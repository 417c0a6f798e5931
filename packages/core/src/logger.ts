/** A structured logger that is handed in. Only `cli` knows where the lines go. */
import type { Clock } from './clock.ts';
import { MAX_LOG_LINE_CHARS } from './limits.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
export type LogFields = Readonly<Record<string, string | number | boolean | null>>;

export interface Logger {
  log(level: LogLevel, message: string, fields?: LogFields): void;
  /** A logger that adds these fields to every line. */
  child(fields: LogFields): Logger;
}

export const silentLogger: Logger = { log: () => {}, child: () => silentLogger };

const RANKING: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 };

export interface JsonLoggerOptions {
  readonly clock: Clock;
  readonly level: LogLevel;
  /** Receives one line without its line feed. */
  readonly write: (line: string) => void;
  readonly fields?: LogFields;
}

/** One JSON object a line: time, level, message, then the fields. Long lines are cut and say so. */
export function jsonLogger(options: JsonLoggerOptions): Logger {
  const { clock, level, write, fields = {} } = options;
  return {
    log(lineLevel, message, lineFields = {}) {
      if (RANKING[lineLevel] < RANKING[level]) return;
      const time = new Date(clock.wallMs()).toISOString();
      const line = JSON.stringify({ time, level: lineLevel, message, ...fields, ...lineFields });
      write(line.length <= MAX_LOG_LINE_CHARS ? line : JSON.stringify({ time, level: lineLevel, message: line.slice(0, MAX_LOG_LINE_CHARS), cut: true }));
    },
    child: (more) => jsonLogger({ ...options, fields: { ...fields, ...more } }),
  };
}
