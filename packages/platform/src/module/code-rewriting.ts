/** Function bodies with some of their bytes replaced; whatever is between is copied in runs. Notes where code moves. */
import { u32Bytes } from './byte-reader.ts';
import type { ByteSink } from './byte-sink.ts';
import type { FunctionBody, ModuleFacts } from './module-facts.ts';
import type { OffsetShift } from './offset-map.ts';

/** Bytes that are replaced: none where `until` is `at`. */
export interface Edit {
  readonly at: number;
  readonly until: number;
  readonly instead: readonly number[];
  /** Where in `instead` a trap may come from: it is reported at `until`. */
  readonly trapsAt: number | null;
}

/** The edits of one body, by position; asked for once for each body, in their order. */
export type BodyEdits = (body: FunctionBody, index: number) => readonly Edit[];

/** `shifts` gets where code moves, relative to the section. */
export function writeBodies({ bytes, bodies }: ModuleFacts, editsOf: BodyEdits, sink: ByteSink, shifts: OffsetShift[]): void {
  let from = bodies[0]?.sizeAt ?? 0;
  const moved = (): void => void shifts.push({ at: sink.length, shift: from - sink.length });
  const replace = ({ at, until, instead, trapsAt }: Edit): void => {
    sink.push(bytes.subarray(from, at));
    if (trapsAt !== null) shifts.push({ at: sink.length + trapsAt, shift: until - sink.length - trapsAt });
    sink.push(instead);
    from = until;
    moved();
  };
  moved();
  for (const [index, body] of bodies.entries()) {
    const edits = editsOf(body, index);
    if (edits.length === 0) continue;
    const size = edits.reduce((sum, { at, until, instead }) => sum + instead.length - (until - at), body.end - body.start);
    replace({ at: body.sizeAt, until: body.start, instead: u32Bytes(size), trapsAt: null });
    for (const edit of edits) replace(edit);
  }
  sink.push(bytes.subarray(from, bodies.at(-1)?.end ?? 0));
}

/** The sites of each function in turn; they stand in the order of the functions. */
export function inTurn<T extends { readonly function: number }>(sites: readonly T[]): (index: number) => readonly T[] {
  let next = 0;
  return (index) => {
    const first = next;
    while (sites[next]?.function === index) next++;
    return sites.slice(first, next);
  };
}
