/** What must hold for any text whatsoever, and texts to try it on. */
import { assert } from '@pappus/core';
import fc from 'fast-check';
import { compile } from '../check/check.ts';
import { MAX_DIAGNOSTICS } from '../limits.ts';
import { signatureOf } from '../lowering/signature.ts';
import { flatten } from '../lowering/flatten.ts';
import { hasErrors } from '../source/diagnostic.ts';
import { renderDiagnostics } from '../source/render.ts';
import { parse } from '../syntax/parser.ts';
import { print } from '../syntax/printer.ts';

/** Nothing throws, diagnostics are few and inside the text, and a text without errors prints to a fixed point. */
export function checkRobust(text: string): void {
  const { module, diagnostics } = parse(text);
  const compiled = compile(text);
  for (const { span, message } of compiled.diagnostics) {
    assert(span.start >= 0 && span.start <= span.end && span.end <= text.length, `${message} stands at ${span.start}–${span.end} of ${text.length}`);
  }
  assert(compiled.diagnostics.length <= MAX_DIAGNOSTICS, `${compiled.diagnostics.length} diagnostics`);
  assert((compiled.checked === null) === hasErrors(compiled.diagnostics), 'a module is checked exactly when it has no errors');
  // oxlint-disable-next-line no-control-regex
  assert(!/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/.test(renderDiagnostics(compiled.diagnostics, { name: 'text', text })), 'a rendered diagnostic has a control character');
  if (hasErrors(diagnostics)) return;
  const printed = print(module);
  const again = parse(printed);
  assert(!hasErrors(again.diagnostics), 'a printed text has errors');
  assert(print(again.module) === printed, 'printing does not reach a fixed point');
  if (compiled.checked === null) return;
  const { graphs } = compiled.checked;
  assert(JSON.stringify([...(compile(printed).checked?.graphs ?? [])]) === JSON.stringify([...graphs]), 'printing changes the graphs');
  for (const graph of graphs.values()) {
    const flat = flatten(graph, (name) => graphs.get(name) ?? null);
    assert(JSON.stringify(signatureOf(flat)) === JSON.stringify(signatureOf(graph)), 'flattening changes a signature');
  }
}

const TOKENS = ['function', 'composition', 'f', 'g', 'c', 'a', 'b', 'x', 'all', 'each', 'keyed', 'anyKeyed', 'optional', 'by', 'left', 'cross', '(', ')', '{', '}', ',', ';', '=', '=>', '//', '/*', '*/', '\n', '#', '-', '"', 'é', '\u0000', '\u001b[31m'];

/** Bytes as somebody could send them. */
export const randomBytes: fc.Arbitrary<string> = fc.uint8Array({ maxLength: 300 }).map((bytes) => new TextDecoder().decode(bytes));
export const randomText: fc.Arbitrary<string> = fc.string({ unit: 'binary', maxLength: 300 });
export const randomTokens: fc.Arbitrary<string> = fc.array(fc.constantFrom(...TOKENS), { maxLength: 120 }).map((tokens) => tokens.join(' '));

/** A good text with pieces cut out, doubled, moved, or replaced by a token. */
export const mutated = (texts: readonly string[]): fc.Arbitrary<string> =>
  fc.tuple(fc.constantFrom(...texts), fc.array(fc.tuple(fc.nat(), fc.nat({ max: 40 }), fc.nat(), fc.constantFrom(...TOKENS)), { minLength: 1, maxLength: 6 })).map(([text, cuts]) =>
    cuts.reduce((current, [at, length, kind, token]) => mutate(current, at % (current.length + 1), length, kind % 4, token), text),
  );

function mutate(text: string, at: number, length: number, kind: number, token: string): string {
  const before = text.slice(0, at);
  const piece = text.slice(at, at + length);
  const after = text.slice(at + length);
  switch (kind) {
    case 0:
      return before + after;
    case 1:
      return before + piece + piece + after;
    case 2:
      return after + piece + before;
    default:
      return before + token + after;
  }
}
