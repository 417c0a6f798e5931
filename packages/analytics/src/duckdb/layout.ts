/**
 * How DuckDB lays out the values of a type in a vector, as a tree that the codec follows. Fixed-width values
 * travel as DuckDB stores them; everything else is built of them, of strings and of validity bits.
 */
import { AppError } from '@pappus/core';
import type { Native } from './memory.ts';
import type { Pointer } from './bindings.ts';

export type Layout =
  /** `below`: every value must be an unsigned number below it, since DuckDB uses it as an index; 0 means any bits are a value. */
  | { readonly kind: 'fixed'; readonly width: number; readonly below: number }
  | { readonly kind: 'string'; readonly content: 'text' | 'bytes' }
  | { readonly kind: 'list'; readonly child: Layout }
  | { readonly kind: 'array'; readonly size: number; readonly child: Layout }
  | { readonly kind: 'struct'; readonly children: readonly Layout[] };

export interface TypeLayout {
  readonly layout: Layout;
  /** The type as canonical text: equal texts mean equal encodings. */
  readonly signature: string;
}

interface Simple {
  readonly name: string;
  readonly layout: Layout;
}

const fixed = (name: string, width: number, below = 0): Simple => ({ name, layout: { kind: 'fixed', width, below } });
const text = (name: string, content: 'text' | 'bytes'): Simple => ({ name, layout: { kind: 'string', content } });

/** `duckdb_type` of the C API. */
const simpleTypes: ReadonlyMap<number, Simple> = new Map([
  [1, fixed('BOOLEAN', 1, 2)],
  [2, fixed('TINYINT', 1)],
  [3, fixed('SMALLINT', 2)],
  [4, fixed('INTEGER', 4)],
  [5, fixed('BIGINT', 8)],
  [6, fixed('UTINYINT', 1)],
  [7, fixed('USMALLINT', 2)],
  [8, fixed('UINTEGER', 4)],
  [9, fixed('UBIGINT', 8)],
  [10, fixed('FLOAT', 4)],
  [11, fixed('DOUBLE', 8)],
  [12, fixed('TIMESTAMP', 8)],
  [13, fixed('DATE', 4)],
  [14, fixed('TIME', 8)],
  [15, fixed('INTERVAL', 16)],
  [16, fixed('HUGEINT', 16)],
  [17, text('VARCHAR', 'text')],
  [18, text('BLOB', 'bytes')],
  [20, fixed('TIMESTAMP_S', 8)],
  [21, fixed('TIMESTAMP_MS', 8)],
  [22, fixed('TIMESTAMP_NS', 8)],
  [27, fixed('UUID', 16)],
  [30, fixed('TIME_TZ', 8)],
  [31, fixed('TIMESTAMP_TZ', 8)],
  [32, fixed('UHUGEINT', 16)],
  [39, fixed('TIME_NS', 8)],
]);

const unsupportedNames: ReadonlyMap<number, string> = new Map([
  [0, 'INVALID'],
  [34, 'ANY'],
  [29, 'BIT'],
  [35, 'BIGNUM'],
  [36, 'NULL'],
  [40, 'GEOMETRY'],
]);

const usmallint = 7;

export const isUsmallint = (native: Native, type: Pointer): boolean => native.api.getTypeId(type) === usmallint;

/** Throws `unsupported`, naming the column, for a type whose values we do not send. */
export function layoutOf(native: Native, type: Pointer, column: string): TypeLayout {
  const { api } = native;
  const id = api.getTypeId(type);
  const simple = simpleTypes.get(id);
  if (simple !== undefined) return { layout: simple.layout, signature: simple.name };
  switch (id) {
    case 19:
      return decimal(native, type);
    case 23:
      return enumeration(native, type);
    case 24:
      return withType(native, api.listTypeChild(type), (child) => list(layoutOf(native, child, column)));
    case 25:
      return struct(native, type, column);
    case 26:
      return map(native, type, column);
    case 28:
      return union(native, type, column);
    case 33:
      return withType(native, api.arrayTypeChild(type), (child) => array(api.arrayTypeSize(type), layoutOf(native, child, column)));
    default:
      throw new AppError('unsupported', `column ${column}: values of type ${unsupportedNames.get(id) ?? `number ${id}`} do not travel between stages`, {
        hint: 'Cast the column to VARCHAR or BLOB in the query.',
      });
  }
}

function withType<T>(native: Native, type: Pointer, use: (type: Pointer) => T): T {
  try {
    return use(type);
  } finally {
    native.destroy(native.api.destroyLogicalType, type);
  }
}

const widths: ReadonlyMap<number, number> = new Map([[2, 1], [3, 2], [4, 4], [5, 8], [6, 1], [7, 2], [8, 4], [16, 16]]);

function decimal(native: Native, type: Pointer): TypeLayout {
  const { api } = native;
  const width = widths.get(api.decimalInternalType(type)) ?? 16;
  return { layout: { kind: 'fixed', width, below: 0 }, signature: `DECIMAL(${api.decimalWidth(type)},${api.decimalScale(type)})` };
}

function enumeration(native: Native, type: Pointer): TypeLayout {
  const { api } = native;
  const size = api.enumDictionarySize(type);
  const values = Array.from({ length: size }, (_, index) => native.takeString(api.enumDictionaryValue(type, index)) ?? '');
  const width = widths.get(api.enumInternalType(type)) ?? 4;
  return { layout: { kind: 'fixed', width, below: size }, signature: `ENUM(${JSON.stringify(values)})` };
}

const list = (child: TypeLayout): TypeLayout => ({ layout: { kind: 'list', child: child.layout }, signature: `LIST(${child.signature})` });

const array = (size: number, child: TypeLayout): TypeLayout => ({
  layout: { kind: 'array', size, child: child.layout },
  signature: `ARRAY(${child.signature},${size})`,
});

function struct(native: Native, type: Pointer, column: string): TypeLayout {
  const { api } = native;
  return composite('STRUCT', api.structTypeChildCount(type), (index) => ({
    name: native.takeString(api.structTypeChildName(type, index)) ?? '',
    ...withType(native, api.structTypeChildType(type, index), (child) => layoutOf(native, child, column)),
  }));
}

/** A map is a list of key-value structs. */
function map(native: Native, type: Pointer, column: string): TypeLayout {
  const key = withType(native, native.api.mapTypeKey(type), (child) => layoutOf(native, child, column));
  const value = withType(native, native.api.mapTypeValue(type), (child) => layoutOf(native, child, column));
  const entry = composite('MAP', 2, (index) => ({ name: '', ...(index === 0 ? key : value) }));
  return { layout: { kind: 'list', child: entry.layout }, signature: entry.signature };
}

/** A union is a struct whose first member says which of the others is meant. */
function union(native: Native, type: Pointer, column: string): TypeLayout {
  const { api } = native;
  const count = api.unionTypeMemberCount(type);
  const members = composite('UNION', count, (index) => ({
    name: native.takeString(api.unionTypeMemberName(type, index)) ?? '',
    ...withType(native, api.unionTypeMemberType(type, index), (child) => layoutOf(native, child, column)),
  }));
  const tag: Layout = { kind: 'fixed', width: 1, below: count };
  const children = members.layout.kind === 'struct' ? members.layout.children : [];
  return { layout: { kind: 'struct', children: [tag, ...children] }, signature: members.signature };
}

function composite(kind: string, count: number, child: (index: number) => TypeLayout & { readonly name: string }): TypeLayout {
  const children = Array.from({ length: count }, (_, index) => child(index));
  const signature = `${kind}(${children.map(({ name, signature }) => `${JSON.stringify(name)} ${signature}`).join(',')})`;
  return { layout: { kind: 'struct', children: children.map(({ layout }) => layout) }, signature };
}
