/**
 * Constants of DuckDB's plan JSON as SQL literals. Its encodings: DECIMAL is the unscaled integer, DATE days and
 * TIMESTAMP microseconds since 1970, HUGEINT `{upper, lower}`, nested values `{children: [values]}`.
 */
import { AppError } from '@pappus/core';
import { asArray, asObject, asString, type Json, type JsonObject } from './json.ts';
import { quoteText } from '../../duckdb/quoting.ts';
import { isNameable, structFields, typeSql } from './types.ts';

const MAX_INT64 = 9_223_372_036_854_775_807n;

export function constantSql(json: Json | undefined): string {
  const constant = asObject(json);
  const type = typeSql(constant['type']);
  if (!isNameable(type)) throw new AppError('unsupported', 'a constant of a row type without field names');
  if (constant['is_null'] === true) return `CAST(NULL AS ${type})`;
  const typeObject = asObject(constant['type']);
  return nonNullSql(asString(typeObject['id']), typeObject, type, constant['value']);
}

function nonNullSql(id: string, typeObject: JsonObject, type: string, value: Json | undefined): string {
  switch (id) {
    case 'DECIMAL':
      return `CAST('${decimalText(wideInteger(value), scaleOf(typeObject))}' AS ${type})`;
    case 'VARCHAR':
    case 'STRING_LITERAL':
      return textSql(asString(value));
    case 'BOOLEAN':
      return value === true ? 'true' : 'false';
    case 'INTEGER':
      return `${wideInteger(value)}`.startsWith('-') ? `(${wideInteger(value)})` : `${wideInteger(value)}`;
    case 'TINYINT': case 'SMALLINT': case 'BIGINT': case 'UTINYINT': case 'USMALLINT': case 'UINTEGER': case 'UBIGINT':
    case 'HUGEINT': case 'UHUGEINT': case 'INTEGER_LITERAL':
      return `CAST('${wideInteger(value)}' AS ${type})`;
    case 'FLOAT': case 'DOUBLE':
      return `CAST('${floatText(value)}' AS ${type})`;
    case 'LIST': case 'ARRAY':
      return `CAST([${asArray(asObject(value)['children']).map(constantSql).join(', ')}] AS ${type})`;
    case 'STRUCT':
      return structSql(typeObject, type, value);
    default:
      return temporalSql(id, type, value);
  }
}

/** How DuckDB holds `infinity` of a DATE and of the timestamps; the negative numbers are `-infinity`. */
const INFINITE: Readonly<Record<string, bigint>> = { DATE: 2_147_483_647n, TIMESTAMP: MAX_INT64, TIMESTAMP_S: MAX_INT64, TIMESTAMP_MS: MAX_INT64, TIMESTAMP_NS: MAX_INT64, 'TIMESTAMP WITH TIME ZONE': MAX_INT64 };

function temporalSql(id: string, type: string, value: Json | undefined): string {
  const infinite = INFINITE[id];
  if (infinite !== undefined && wideInteger(value) === infinite) return `CAST('infinity' AS ${type})`;
  if (infinite !== undefined && wideInteger(value) === -infinite) return `CAST('-infinity' AS ${type})`;
  switch (id) {
    case 'DATE':
      return `CAST(DATE '1970-01-01' + CAST(${wideInteger(value)} AS INTEGER) AS DATE)`;
    case 'TIME':
      return `CAST(TIME '00:00:00' + to_microseconds(${wideInteger(value)}) AS TIME)`;
    case 'TIMESTAMP':
      return `make_timestamp(CAST(${wideInteger(value)} AS BIGINT))`;
    case 'TIMESTAMP_S':
      return `CAST(make_timestamp(CAST(${wideInteger(value) * 1_000_000n} AS BIGINT)) AS TIMESTAMP_S)`;
    case 'TIMESTAMP_MS':
      return `CAST(make_timestamp(CAST(${wideInteger(value) * 1000n} AS BIGINT)) AS TIMESTAMP_MS)`;
    case 'TIMESTAMP_NS':
      return `make_timestamp_ns(CAST(${wideInteger(value)} AS BIGINT))`;
    case 'TIMESTAMP WITH TIME ZONE':
      return `CAST('${instantText(wideInteger(value))}' AS ${type})`;
    case 'INTERVAL':
      return intervalSql(value);
    default:
      throw new AppError('unsupported', `a constant of type ${type}`);
  }
}

function structSql(typeObject: JsonObject, type: string, value: Json | undefined): string {
  const fields = structFields(asObject(typeObject['type_info']));
  const children = asArray(asObject(value)['children']);
  const entries = fields.map((field, index) => `${quoteText(field.name)}: ${constantSql(children[index])}`);
  return `CAST({${entries.join(', ')}} AS ${type})`;
}

function intervalSql(value: Json | undefined): string {
  const { months, days, micros } = asObject(value);
  const parts = [`to_months(CAST(${wideInteger(months)} AS INTEGER))`, `to_days(CAST(${wideInteger(days)} AS INTEGER))`, `to_microseconds(CAST(${wideInteger(micros)} AS BIGINT))`];
  return `(${parts.join(' + ')})`;
}

/** `2024-01-31 23:59:59.000001+00` of microseconds since 1970. */
function instantText(micros: bigint): string {
  const millis = micros >= 0n ? micros / 1000n : -((-micros + 999n) / 1000n);
  const rest = micros - millis * 1000n;
  const iso = new Date(Number(millis)).toISOString();
  return `${iso.slice(0, -1).replace('T', ' ')}${String(rest).padStart(3, '0')}+00`;
}

/** A statement ends at the character NUL, wherever it stands. */
const textSql = (text: string): string => (text.includes('\0') ? `(${text.split('\0').map(quoteText).join(' || chr(0) || ')})` : quoteText(text));

const scaleOf = (typeObject: JsonObject): number => Number(asObject(typeObject['type_info'])['scale']);

function wideInteger(value: Json | undefined): bigint {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value);
  if (typeof value === 'string' && /^-?\d+$/.test(value)) return BigInt(value);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    const { upper, lower } = value as JsonObject;
    return (wideInteger(upper) << 64n) + wideInteger(lower);
  }
  throw new AppError('unsupported', `the constant ${JSON.stringify(value)}`);
}

export function decimalText(unscaled: bigint, scale: number): string {
  const negative = unscaled < 0n;
  const digits = String(negative ? -unscaled : unscaled).padStart(scale + 1, '0');
  const whole = digits.slice(0, digits.length - scale);
  return `${negative ? '-' : ''}${whole}${scale === 0 ? '' : `.${digits.slice(-scale)}`}`;
}

function floatText(value: Json | undefined): string {
  if (typeof value === 'number') return Object.is(value, -0) ? '-0.0' : String(value);
  if (typeof value === 'string' && /^-?(\d[\d.eE+-]*|nan|inf|NaN|Infinity)$/.test(value)) return value;
  throw new AppError('unsupported', `the constant ${JSON.stringify(value)}`);
}
