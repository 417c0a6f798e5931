/** Values as text for people: what `console` shows of them. */
import type { GuestPart } from './guest-host.ts';

export function inspect(value: unknown, above: readonly object[] = []): string {
  if (typeof value === 'string') return above.length === 0 ? value : JSON.stringify(value);
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'function') return value.name === '' ? '[Function (anonymous)]' : `[Function: ${value.name}]`;
  if (typeof value !== 'object' || value === null) return Object.is(value, -0) ? '-0' : String(value);
  return inspectLeaf(value) ?? inspectObject(value, above);
}

function inspectLeaf(value: object): string | null {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
  if (value instanceof RegExp) return String(value);
  if (!(value instanceof Error)) return null;
  // Places of the prelude, which has no names of files, are left out.
  const lines = (value.stack ?? '').split('\n').filter((line) => line !== '' && !line.includes('(<null>:'));
  return [String(value), ...lines].join('\n');
}

function inspectObject(value: object, above: readonly object[]): string {
  const maxDepth = 4;
  if (above.includes(value)) return '[Circular]';
  const type = (value as { constructor?: { name?: string } }).constructor?.name ?? 'Object: null prototype';
  if (above.length >= maxDepth) return Array.isArray(value) ? '[Array]' : `[${type}]`;
  const inside = [...above, value];
  const inner = (part: unknown): string => inspect(part, inside);
  if (Array.isArray(value)) return inspectList('[', ']', value, inner);
  if (ArrayBuffer.isView(value) && 'length' in value) return `${type}(${String(value.length)}) ${inspectList('[', ']', value as unknown as ArrayLike<number>, String)}`;
  if (value instanceof Map) return `Map(${value.size}) ${inspectList('{', '}', [...value], ([key, member]) => `${inner(key)} => ${inner(member)}`)}`;
  if (value instanceof Set) return `Set(${value.size}) ${inspectList('{', '}', [...value], inner)}`;
  const prefix = type === 'Object' ? '' : type.includes(' ') ? `[${type}] ` : `${type} `;
  return prefix + inspectList('{', '}', Object.keys(value), (name) => `${inspectKey(name)}: ${inner((value as Record<string, unknown>)[name])}`);
}

function inspectKey(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
}

function inspectList<T>(open: string, close: string, members: ArrayLike<T>, show: (member: T) => string): string {
  const maxMembers = 100;
  const parts: string[] = [];
  for (let i = 0; i < members.length && i < maxMembers; i++) parts.push(show(members[i] as T));
  if (members.length > maxMembers) parts.push(`… ${members.length - maxMembers} more`);
  return parts.length === 0 ? open + close : `${open} ${parts.join(', ')} ${close}`;
}

export const inspectionParts: readonly GuestPart[] = [inspect, inspectLeaf, inspectObject, inspectKey, inspectList];
