/** Syntax nodes that come from no text. */
import { assert } from '@pappus/core';
import { MAX_NAME_CHARS } from '../limits.ts';
import { span } from '../source/span.ts';
import type { Application, Composition, FunctionDeclaration, Input, Join, Module, ModuleItem, Name, Output } from '../syntax/ast.ts';

const nowhere = span(0, 0);
const bare = { comments: [], remarks: [], span: nowhere } as const;

const NAME = /^[\p{XID_Start}_][\p{XID_Continue}]*$/u;

export function nameNode(text: string): Name {
  assert(NAME.test(text) && text.length <= MAX_NAME_CHARS, `\`${text}\` is no name of the language: letters, digits and _, at most ${MAX_NAME_CHARS}`);
  return Object.freeze({ kind: 'name', text, span: nowhere });
}

export const functionNode = (name: string, inputs: readonly string[], outputs: readonly string[]): FunctionDeclaration =>
  Object.freeze({ kind: 'function', name: nameNode(name), inputs: inputs.map(nameNode), outputs: outputs.map(nameNode), ...bare, gap: false });

export const inputNode = (parts: Pick<Input, 'parameter' | 'optional' | 'distribution' | 'set'>): Input => Object.freeze({ kind: 'input', ...parts, ...bare });

export const outputNode = (set: Name, returned: Name): Output => Object.freeze({ kind: 'output', set, returned, ...bare });

export const joinNode = (join: Join['join'], input: Name): Join => Object.freeze({ kind: 'join', join, input, span: nowhere });

export const applicationNode = (parts: Pick<Application, 'callee' | 'inputs' | 'outputs' | 'joins'>): Application =>
  Object.freeze({ kind: 'application', ...parts, ...bare, gap: false });

export const compositionNode = (parts: Pick<Composition, 'name' | 'inputs' | 'outputs' | 'applications'>): Composition =>
  Object.freeze({ kind: 'composition', ...parts, ...bare, gap: false, closing: [] });

/** With an empty line around each composition, as the parser makes it. */
export function moduleNode(items: readonly ModuleItem[]): Module {
  const spaced = items.map((item, index): ModuleItem => {
    const before = items[index - 1];
    const gap = before !== undefined && (item.kind === 'composition' || before.kind === 'composition');
    return gap ? Object.freeze({ ...item, gap }) : item;
  });
  return Object.freeze({ kind: 'module', items: spaced, closing: [], skipped: new Set<string>() });
}
