/** DuckDB's errors as AppErrors: the numbers are `duckdb_error_type` of its C API. */
import { AppError, type ErrorCode } from '@pappus/core';

const interrupted = 29;
const io = 28;

const codes: ReadonlyMap<number, ErrorCode> = new Map<number, ErrorCode>([
  [1, 'invalid-argument'], // OUT_OF_RANGE
  [2, 'invalid-argument'], // CONVERSION
  [3, 'invalid-argument'], // UNKNOWN_TYPE
  [4, 'invalid-argument'], // DECIMAL
  [5, 'invalid-argument'], // MISMATCH_TYPE
  [6, 'invalid-argument'], // DIVIDE_BY_ZERO
  [7, 'resource-exhausted'], // OBJECT_SIZE
  [8, 'invalid-argument'], // INVALID_TYPE
  [11, 'unsupported'], // NOT_IMPLEMENTED
  [12, 'invalid-argument'], // EXPRESSION
  [13, 'not-found'], // CATALOG
  [14, 'invalid-argument'], // PARSER
  [15, 'invalid-argument'], // PLANNER
  [18, 'invalid-argument'], // CONSTRAINT
  [22, 'invalid-argument'], // SYNTAX
  [23, 'invalid-argument'], // SETTINGS
  [24, 'invalid-argument'], // BINDER
  [25, 'unavailable'], // NETWORK
  [interrupted, 'cancelled'],
  [32, 'invalid-argument'], // INVALID_INPUT
  [33, 'resource-exhausted'], // OUT_OF_MEMORY
  [34, 'permission-denied'], // PERMISSION
  [35, 'invalid-argument'], // PARAMETER_NOT_RESOLVED
  [36, 'invalid-argument'], // PARAMETER_NOT_ALLOWED
  [38, 'unavailable'], // HTTP
  [39, 'unsupported'], // MISSING_EXTENSION
  [40, 'unsupported'], // AUTOLOAD
  [42, 'invalid-argument'], // INVALID_CONFIGURATION
]);

const noSpace = /no space left|disk quota|max_temp_directory_size|could not allocate|failed to offload/i;
const missingFile = /no files found|no such file/i;
const damagedFile = /parquet|magic bytes|footer|snappy|zstd|corrupt|truncat/i;

export function duckDbError(type: number, message: string, what: string): AppError {
  const code = type === io ? ioCode(message) : (codes.get(type) ?? 'internal');
  const text = `${what}: ${message}`;
  if (code !== 'resource-exhausted') return new AppError(code, text);
  return new AppError(code, text, { hint: 'Give the worker more memory or disk (--worker-memory), or use more workers.' });
}

function ioCode(message: string): ErrorCode {
  if (noSpace.test(message)) return 'resource-exhausted';
  if (missingFile.test(message)) return 'not-found';
  if (/permission denied/i.test(message)) return 'permission-denied';
  return damagedFile.test(message) ? 'corrupt-data' : 'unavailable';
}
