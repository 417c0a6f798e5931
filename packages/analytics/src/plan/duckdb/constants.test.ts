import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { constantSql, decimalText } from './constants.ts';
import { asArray, asObject, parsePlanJson } from './json.ts';

let connection: DuckDBConnection;
beforeAll(async () => {
  connection = await (await DuckDBInstance.create(':memory:', { threads: '1' })).connect();
});
afterAll(() => connection.closeSync());

/** The constant that DuckDB's plan holds for an expression, printed by us. */
async function printed(sql: string): Promise<string> {
  const reader = await connection.runAndReadAll('SELECT json_serialize_plan($1::VARCHAR, optimize := true)', [`SELECT ${sql}`]);
  const plan = asObject(asArray(asObject(parsePlanJson(String(reader.getRows()[0]?.[0])))['plans'])[0]);
  const constant = asObject(asArray(plan['expressions'])[0]);
  expect(constant['expression_class'], JSON.stringify(constant)).toBe('BOUND_CONSTANT');
  return constantSql(constant['value']);
}

const CONSTANTS = [
  'true', 'false', '0', '-1', '2147483647', '-2147483648', '127::TINYINT', '(-32768)::SMALLINT', '9223372036854775807', "'-9223372036854775808'::BIGINT",
  '255::UTINYINT', '65535::USMALLINT', '4294967295::UINTEGER', '18446744073709551615::UBIGINT',
  '170141183460469231731687303715884105727::HUGEINT', "'-170141183460469231731687303715884105728'::HUGEINT", '(-1)::HUGEINT', "'340282366920938463463374607431768211455'::UHUGEINT",
  '1.5', '-0.05', '0.00::DECIMAL(4,2)', '123456789012345678.9012::DECIMAL(38,4)', '-99999999999999999999999999999999999999::DECIMAL(38,0)', '0.9::DECIMAL(1,1)',
  '1.5::DOUBLE', '-0.0::DOUBLE', '1e300::DOUBLE', '5e-324::DOUBLE', '0.1::FLOAT', "'nan'::DOUBLE", "'inf'::DOUBLE", "'-inf'::FLOAT", '1e16::DOUBLE',
  "'plain'", "'it''s \"quoted\"'", "''", "'日本 🌱'", "'back\\slash'", "'line\nbreak'", "'nan'", "'9007199254740993'", 'chr(0)', "'a' || chr(0) || '''b'", "'CAST('",
  "DATE '2024-02-29'", "DATE '0001-01-01'", "DATE '4713-01-01 (BC)'", "DATE 'infinity'", "DATE '-infinity'", "DATE 'epoch'",
  "TIME '23:59:59.999999'", "TIME '00:00:00'",
  "TIMESTAMP '2024-01-31 23:59:59.000001'", "TIMESTAMP '1969-12-31 23:59:59.999999'", "TIMESTAMP '290000-12-31 00:00:00'", "TIMESTAMP 'infinity'", "TIMESTAMP '-infinity'",
  "TIMESTAMP_S '2024-01-31 23:59:59'", "TIMESTAMP_MS '1960-01-31 23:59:59.123'", "TIMESTAMP_NS '2024-01-31 23:59:59.123456789'", "TIMESTAMP_S 'infinity'", "TIMESTAMP_NS '-infinity'",
  "TIMESTAMPTZ '2024-01-31 23:59:59.000001+05'", "TIMESTAMPTZ '1969-12-31 23:59:59.999999+00'", "TIMESTAMPTZ 'infinity'",
  'INTERVAL 3 MONTHS', "INTERVAL '1 year 2 months -3 days 4 hours 0.000001 seconds'", 'INTERVAL (-5) DAYS',
  '[1, 2, NULL]', '[]::INTEGER[]', "['a', 'b''c']", '[[1], [], NULL]', '[1, 2, 3]::INTEGER[3]', "{'a': 1, 'b c': 'x', 'Q\"': NULL::DATE}", "[{'n': {'m': [1.5]}}]",
  'NULL::INTEGER', 'NULL::VARCHAR[]', "NULL::STRUCT(a INTEGER)", 'NULL::DECIMAL(9,2)',
];

describe('a constant is equal to what its SQL gives', () => {
  it.each(CONSTANTS)('%s', async (sql) => {
    const text = await printed(sql);
    const reader = await connection.runAndReadAll(`SELECT (${sql}) IS NOT DISTINCT FROM (${text}), typeof(${sql}), typeof(${text}), CAST((${sql}) AS VARCHAR), CAST((${text}) AS VARCHAR)`);
    const [same, type, ownType, shown, ownShown] = reader.getRows()[0] ?? [];
    expect([same, ownType, ownShown], text).toEqual([true, type, shown]);
  });
});

it('decimals are placed by their scale', () => {
  expect([decimalText(5n, 2), decimalText(-5n, 2), decimalText(12345n, 0), decimalText(-100n, 2), decimalText(0n, 3)]).toEqual(['0.05', '-0.05', '12345', '-1.00', '0.000']);
});
