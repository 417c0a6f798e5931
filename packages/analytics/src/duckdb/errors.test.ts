import { expect, test } from 'vitest';
import { duckDbError } from './errors.ts';

test.each([
  [33, 'Out of Memory Error: could not allocate block', 'resource-exhausted'],
  [28, 'IO Error: Could not write file: No space left on device', 'resource-exhausted'],
  [28, 'IO Error: No files found that match the pattern "x"', 'not-found'],
  [28, 'IO Error: Cannot open file "x": Permission denied', 'permission-denied'],
  [28, 'IO Error: No magic bytes found at end of file', 'corrupt-data'],
  [28, 'IO Error: something else', 'unavailable'],
  [29, 'INTERRUPT Error: Interrupted!', 'cancelled'],
  [13, 'Catalog Error: Table with name x does not exist!', 'not-found'],
  [31, 'INTERNAL Error: assertion', 'internal'],
  [999, 'a type of the future', 'internal'],
])('error type %i, %s, is %s', (type, message, code) => {
  expect(duckDbError(type, message, 'the stage failed')).toMatchObject({ code, message: `the stage failed: ${message}` });
});
