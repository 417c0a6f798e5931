/**
 * A column as SQL that `to_json` turns into valid JSON: JSON has no number for nan and inf, so they become texts, and
 * that inside lists, structs and maps as well.
 */
import { quoteIdentifier, quoteText } from '../duckdb/quoting.ts';

const FLOATING = /\b(?:DOUBLE|FLOAT)\b/;
const ELEMENTS = /^(?<element>.*)\[\d*\]$/s;
const NESTED = /^(?<kind>STRUCT|MAP)\((?<inside>.*)\)$/s;
const FIELD = /^(?:"(?<quoted>(?:[^"]|"")*)"|(?<bare>\S+)) (?<type>.*)$/s;

export function jsonValue(value: string, type: string, depth = 0): string {
  if (!FLOATING.test(type)) return value;
  if (type === 'DOUBLE' || type === 'FLOAT') return `CASE WHEN isfinite(${value}) THEN to_json(${value}) WHEN ${value} IS NOT NULL THEN to_json(CAST(${value} AS VARCHAR)) END`;
  const element = ELEMENTS.exec(type)?.groups?.['element'];
  if (element !== undefined) return `list_transform(CAST(${value} AS ${element}[]), lambda x${depth}: ${jsonValue(`x${depth}`, element, depth + 1)})`;
  const { kind, inside = '' } = NESTED.exec(type)?.groups ?? {};
  if (kind === 'STRUCT') return structValue(value, inside, depth);
  if (kind === 'MAP') return mapValue(value, inside, depth);
  return value;
}

function structValue(value: string, inside: string, depth: number): string {
  const fields = topLevelParts(inside).map((field) => {
    const { quoted, bare, type = '' } = FIELD.exec(field)?.groups ?? {};
    const name = quoted?.replaceAll('""', '"') ?? bare ?? '';
    return `${quoteIdentifier(name)} := ${jsonValue(`struct_extract(${value}, ${quoteText(name)})`, type, depth)}`;
  });
  return `CASE WHEN ${value} IS NOT NULL THEN struct_pack(${fields.join(', ')}) END`;
}

function mapValue(value: string, inside: string, depth: number): string {
  const [, type = ''] = topLevelParts(inside);
  return `map_from_entries(list_transform(map_entries(${value}), lambda x${depth}: struct_pack(k := x${depth}.key, v := ${jsonValue(`x${depth}.value`, type, depth + 1)})))`;
}

/** What stands between the commas that are in no parentheses and no quotes. */
function topLevelParts(text: string): readonly string[] {
  const parts: string[] = [];
  let nesting = 0;
  let from = 0;
  for (const { 0: token, index } of text.matchAll(/"(?:[^"]|"")*"|[(),]/g)) {
    if (token === '(') nesting++;
    else if (token === ')') nesting--;
    else if (token === ',' && nesting === 0) {
      parts.push(text.slice(from, index).trim());
      from = index + 1;
    }
  }
  return [...parts, text.slice(from).trim()];
}
