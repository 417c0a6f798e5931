/** Sections of a module that is being rewritten: as they were, or as vectors with more entries. */
import { afterNumber, nameBytes, u32Bytes } from './byte-reader.ts';
import { ByteSink } from './byte-sink.ts';
import { SECTION, type ModuleFacts, type Section } from './module-facts.ts';
import { encodeOffsets, OFFSETS_SECTION, type OffsetShift } from './offset-map.ts';

/** A section as it was. */
export function unchanged(facts: ModuleFacts, { start, end }: Section): ByteSink {
  const sink = new ByteSink();
  sink.push(facts.bytes.subarray(start, end));
  return sink;
}

/** A section that is a vector, with more entries at its end. */
export function extended(facts: ModuleFacts, section: Section | null, count: number, more: readonly (readonly number[])[]): ByteSink {
  const sink = new ByteSink();
  sink.push(u32Bytes(count + more.length));
  if (section !== null) sink.push(facts.bytes.subarray(afterNumber(facts.bytes, section.start), section.end));
  for (const entry of more) sink.push(entry);
  return sink;
}

/** The section that says where code was; `shifts` are relative to the content of the code section, which begins at `codeStart`. */
export function writeOffsets(sink: ByteSink, shifts: readonly OffsetShift[], codeStart: number): void {
  const content = new ByteSink();
  content.push(nameBytes(OFFSETS_SECTION));
  content.push(encodeOffsets(shifts.map(({ at, shift }) => ({ at: at + codeStart, shift: shift - codeStart }))));
  sink.section(SECTION.custom, content);
}
