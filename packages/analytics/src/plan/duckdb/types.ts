/** DuckDB's logical types: from the plan's JSON to SQL text. */
import { AppError } from '@pappus/core';
import { quoteIdentifier } from '../../duckdb/quoting.ts';
import { asArray, asIndex, asObject, asString, type Json, type JsonObject } from './json.ts';

const PLAIN = new Set([
  'BOOLEAN', 'TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT', 'UTINYINT', 'USMALLINT', 'UINTEGER', 'UBIGINT', 'HUGEINT', 'UHUGEINT',
  'FLOAT', 'DOUBLE', 'DATE', 'TIME', 'TIMESTAMP', 'TIMESTAMP_S', 'TIMESTAMP_MS', 'TIMESTAMP_NS', 'TIMESTAMP WITH TIME ZONE',
  'TIME WITH TIME ZONE', 'INTERVAL', 'VARCHAR', 'BLOB', 'UUID', 'BIT',
]);

export function typeSql(json: Json | undefined): string {
  const type = asObject(json);
  const id = asString(type['id']);
  const info = type['type_info'] ?? null;
  if (info === null) return plainType(id);
  const details = asObject(info);
  const alias = details['alias'];
  if (alias !== undefined && alias !== '') throw new AppError('unsupported', `values of type ${String(alias)}`);
  return nestedType(id, details);
}

function plainType(id: string): string {
  if (PLAIN.has(id)) return id;
  if (id === 'INTEGER_LITERAL') return 'BIGINT';
  if (id === 'STRING_LITERAL') return 'VARCHAR';
  // An untyped NULL; a table's column has type INTEGER then, too.
  if (id === 'NULL' || id === 'SQLNULL') return 'INTEGER';
  throw new AppError('unsupported', `values of type ${id}`);
}

function nestedType(id: string, info: JsonObject): string {
  switch (id) {
    case 'DECIMAL':
      return `DECIMAL(${asIndex(info['width'])},${asIndex(info['scale'])})`;
    case 'LIST':
      return `${typeSql(info['child_type'])}[]`;
    case 'ARRAY':
      return `${typeSql(info['child_type'])}[${asIndex(info['size'])}]`;
    case 'STRUCT':
      return structType(info);
    case 'MAP':
      return mapType(info);
    default:
      if (id === 'VARCHAR' && info['collation'] !== undefined && info['collation'] !== '') break;
      return plainType(id);
  }
  throw new AppError('unsupported', `values of type ${id} with details`);
}

export function structFields(info: JsonObject): readonly { readonly name: string; readonly type: Json }[] {
  return asArray(info['child_types']).map((child) => {
    const field = asObject(child);
    return { name: asString(field['first']), type: field['second'] ?? null };
  });
}

/** Begins the text of a type that SQL cannot name: the struct without field names that `row(…)` makes. */
const UNNAMED_ROW = 'ROW';

/** False when SQL has no way to write the type, so that values of it can be compared but not cast to or sent. */
export const isNameable = (type: string): boolean => !type.includes(`${UNNAMED_ROW}(`);

function structType(info: JsonObject): string {
  const fields = structFields(info);
  if (fields.some((field) => field.name === '')) return `${UNNAMED_ROW}(${fields.map((field) => typeSql(field.type)).join(', ')})`;
  return `STRUCT(${fields.map((field) => `${quoteIdentifier(field.name)} ${typeSql(field.type)}`).join(', ')})`;
}

function mapType(info: JsonObject): string {
  const entry = asObject(asObject(info['child_type'])['type_info']);
  const [key, value] = structFields(entry);
  return `MAP(${typeSql(key?.type)}, ${typeSql(value?.type)})`;
}
