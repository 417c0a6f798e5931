/** DuckDB's logical types: from the plan's JSON to SQL text. */
import { AppError } from '@pappus/core';
import { asArray, asIndex, asObject, asString, type Json, type JsonObject } from './json.ts';

const PLAIN = new Set([
  'BOOLEAN', 'TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT', 'UTINYINT', 'USMALLINT', 'UINTEGER', 'UBIGINT', 'HUGEINT', 'UHUGEINT',
  'FLOAT', 'DOUBLE', 'DATE', 'TIME', 'TIMESTAMP', 'TIMESTAMP_S', 'TIMESTAMP_MS', 'TIMESTAMP_NS', 'TIMESTAMP WITH TIME ZONE',
  'TIME WITH TIME ZONE', 'INTERVAL', 'VARCHAR', 'BLOB', 'UUID', 'BIT',
]);

export const quoteIdentifier = (name: string): string => `"${name.replaceAll('"', '""')}"`;
export const quoteText = (text: string): string => `'${text.replaceAll("'", "''")}'`;

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
  if (id === 'NULL' || id === 'SQLNULL') return '"NULL"';
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

const structType = (info: JsonObject): string =>
  `STRUCT(${structFields(info).map((field) => `${quoteIdentifier(field.name)} ${typeSql(field.type)}`).join(', ')})`;

function mapType(info: JsonObject): string {
  const entry = asObject(asObject(info['child_type'])['type_info']);
  const [key, value] = structFields(entry);
  return `MAP(${typeSql(key?.type)}, ${typeSql(value?.type)})`;
}
