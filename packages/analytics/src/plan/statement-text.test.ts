import { expect, it } from 'vitest';
import { statementText } from './statement-text.ts';

it.each([
  ['SELECT 1', 'SELECT 1', 1],
  ['SELECT 1;', 'SELECT 1', 1],
  ['SELECT 1; -- done;', 'SELECT 1', 1],
  ['-- a; b\nSELECT 1 /* ; */', '-- a; b\nSELECT 1 /* ; */', 1],
  ["SELECT ';', \";\", $$;$$, $x$ ; $$ ; $x$, e'\\';'", "SELECT ';', \";\", $$;$$, $x$ ; $$ ; $x$, e'\\';'", 1],
  ["SELECT 'it''s; so'", "SELECT 'it''s; so'", 1],
  ['SELECT 1; SELECT 2', 'SELECT 1', 2],
  [';;SELECT 1;;', 'SELECT 1', 1],
  ['', '', 0],
  [' ; -- nothing\n/* at all */', '', 0],
])('%s', (sql, first, count) => {
  expect(statementText(sql)).toEqual({ first: `${first}\n`, count });
});
