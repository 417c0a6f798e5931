import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { jsonValue } from './json-value.ts';

let connection: DuckDBConnection;
beforeAll(async () => {
  connection = await (await DuckDBInstance.create(':memory:', { threads: '1' })).connect();
});
afterAll(() => connection.closeSync());

async function asJson(value: string): Promise<unknown> {
  const [[type] = []] = (await connection.runAndReadAll(`SELECT typeof(${value})`)).getRows();
  const [[text] = []] = (await connection.runAndReadAll(`SELECT CAST(to_json(struct_pack(v := ${jsonValue('v', String(type))})) AS VARCHAR) FROM (SELECT ${value} AS v)`)).getRows();
  return (JSON.parse(String(text)) as { v: unknown }).v;
}

it.each([
  ["'nan'::DOUBLE", 'nan'],
  ["'-inf'::FLOAT", '-inf'],
  ['1.5::DOUBLE', 1.5],
  ['NULL::DOUBLE', null],
  ["[1.5, 'inf'::DOUBLE, NULL]", [1.5, 'inf', null]],
  ["[['nan'::DOUBLE], NULL, []]", [['nan'], null, []]],
  ["{'a, (b)': 'nan'::FLOAT, 'c': [1]}", { 'a, (b)': 'nan', c: [1] }],
  ["{'a \"q\"': {'b': ['inf'::DOUBLE]}, 'c': 'x'}", { 'a "q"': { b: ['inf'] }, c: 'x' }],
  ["CAST(NULL AS STRUCT(a DOUBLE))", null],
  ["MAP {'x': 'nan'::DOUBLE, 'y': 2}", { x: 'nan', y: 2 }],
  ["MAP {1: [{'d': '-inf'::DOUBLE}]}", { 1: [{ d: '-inf' }] }],
  ["['inf'::DOUBLE, 2]::DOUBLE[2]", ['inf', 2]],
  ["[DATE '2020-01-01']", ['2020-01-01']],
])('makes valid JSON of %s', async (value, expected) => {
  expect(await asJson(value)).toEqual(expected);
});
