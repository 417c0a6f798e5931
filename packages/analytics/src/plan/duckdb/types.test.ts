import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asArray, asObject, parsePlanJson, type Json } from './json.ts';
import { quoteIdentifier } from '../../duckdb/quoting.ts';
import { isNameable, typeSql } from './types.ts';

let connection: DuckDBConnection;
beforeAll(async () => {
  connection = await (await DuckDBInstance.create(':memory:', { threads: '1' })).connect();
});
afterAll(() => connection.closeSync());

async function typeJson(sql: string): Promise<Json> {
  const reader = await connection.runAndReadAll('SELECT json_serialize_plan($1::VARCHAR, optimize := true)', [`SELECT ${sql} AS x FROM range(1) AS t(r)`]);
  const plan = asObject(asArray(asObject(parsePlanJson(String(reader.getRows()[0]?.[0])))['plans'])[0]);
  return asObject(asArray(plan['expressions'])[0])['return_type'] ?? null;
}

const TYPES = [
  'BOOLEAN', 'TINYINT', 'UTINYINT', 'SMALLINT', 'USMALLINT', 'INTEGER', 'UINTEGER', 'BIGINT', 'UBIGINT', 'HUGEINT', 'UHUGEINT', 'FLOAT', 'DOUBLE', 'DECIMAL(38,4)', 'DECIMAL(4,0)', 'VARCHAR', 'BLOB', 'UUID', 'BIT',
  'DATE', 'TIME', 'TIMESTAMP', 'TIMESTAMP_S', 'TIMESTAMP_MS', 'TIMESTAMP_NS', 'TIMESTAMP WITH TIME ZONE', 'TIME WITH TIME ZONE', 'INTERVAL',
  'INTEGER[]', 'VARCHAR[][]', 'DOUBLE[3]', 'DECIMAL(9,2)[]', 'STRUCT(a INTEGER, "b c" VARCHAR[])', 'STRUCT("Q""uote" STRUCT(x DATE))', 'MAP(VARCHAR, INTEGER[])', 'MAP(INTEGER, STRUCT(a DATE))',
];

describe('a type is written so that DuckDB reads it again', () => {
  it.each(TYPES)('%s', async (type) => {
    const written = typeSql(await typeJson(`coalesce(CAST(NULL AS ${type}), CAST(if(r > 5, NULL, NULL) AS ${type}))`));
    const reader = await connection.runAndReadAll(`SELECT typeof(CAST(NULL AS ${type})), typeof(CAST(NULL AS ${written}))`);
    const [theirs, ours] = reader.getRows()[0] ?? [];
    expect(ours).toBe(theirs);
    expect(isNameable(written)).toBe(true);
  });

  it.each(["ENUM ('a', 'b')", 'UNION(a INTEGER, b VARCHAR)', 'JSON'])('%s is said to be unsupported', async (type) => {
    const json = await typeJson(`CAST(if(r > 5, NULL, NULL) AS ${type})`);
    expect(() => typeSql(json)).toThrow(/values of type/);
  });

  it('a row without field names has no name', async () => {
    expect(isNameable(typeSql(await typeJson('row(r, r + 1)')))).toBe(false);
  });
});

it('identifiers are quoted', () => {
  expect(['a', 'a"b', 'SELECT', ''].map(quoteIdentifier)).toEqual(['"a"', '"a""b"', '"SELECT"', '""']);
});
