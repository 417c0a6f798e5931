/**
 * Functions and preparations as bodies of frames. They pass once per function and not once per run, so what is not bytes
 * is JSON. A report comes from an engine and is checked field by field.
 */
import type { FunctionSpec } from '../functions/function-spec.ts';
import type { ModuleReport, Preparation, PreparedModule } from '../sandbox/sandbox.ts';
import type { BodyReader } from './body-reader.ts';
import type { FrameWriter } from './frame-writer.ts';
import { brokenProtocol } from './protocol.ts';

export interface RegisteredFunction {
  readonly spec: FunctionSpec;
  readonly module: PreparedModule;
}

export function writeFunction(writer: FrameWriter, { spec, module }: RegisteredFunction): void {
  writeJson(writer, { spec, report: module.report });
  writer.bytes(module.bytes);
}

/** The bytes of the module are a copy: it is opened later. */
export function readFunction(reader: BodyReader): RegisteredFunction {
  const { spec, report } = readJson(reader) as { spec: FunctionSpec; report: ModuleReport };
  return { spec, module: { bytes: new Uint8Array(reader.rest()), report } };
}

export function writePrepare(writer: FrameWriter, code: Uint8Array, spec: FunctionSpec): void {
  writeJson(writer, spec);
  writer.bytes(code);
}

export function readPrepare(reader: BodyReader): { readonly code: Uint8Array; readonly spec: FunctionSpec } {
  const spec = readJson(reader) as FunctionSpec;
  return { spec, code: new Uint8Array(reader.rest()) };
}

export function writePrepared(writer: FrameWriter, preparation: Preparation): void {
  if (preparation.kind === 'refused') {
    writer.u8(0);
    writeJson(writer, preparation.problems);
    return;
  }
  writer.u8(1);
  writeJson(writer, preparation.module.report);
  writer.bytes(preparation.module.bytes);
}

export function readPrepared(reader: BodyReader): Preparation {
  const prepared = reader.u8() === 1;
  const value = readJson(reader);
  if (prepared) return { kind: 'prepared', module: { report: checkedReport(value), bytes: new Uint8Array(reader.rest()) } };
  reader.end();
  if (!areTexts(value)) throw brokenProtocol('problems that are no texts');
  return { kind: 'refused', problems: value };
}

function writeJson(writer: FrameWriter, value: unknown): void {
  const bytes = Buffer.from(JSON.stringify(value));
  writer.u32(bytes.length);
  writer.bytes(bytes);
}

function readJson(reader: BodyReader): unknown {
  try {
    return JSON.parse(reader.bytes(reader.u32()).toString('utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) throw brokenProtocol('text that is not JSON');
    throw error;
  }
}

function checkedReport(value: unknown): ModuleReport {
  const { mode, reasons, abi, imports, memory, functions, tableEntries } = fields(value);
  const { initialPages, maximumPages } = fields(memory);
  const known = isOneOf(mode, ['reset', 'pooled'] as const) && isOneOf(abi, ['wasi', 'lean', 'javascript'] as const);
  const counted = isCount(initialPages) && isCount(maximumPages) && isCount(functions) && isCount(tableEntries);
  if (!known || !counted || !areTexts(reasons) || !areTexts(imports)) throw brokenProtocol('a report of another shape');
  return { mode, reasons, abi, imports, memory: { initialPages, maximumPages }, functions, tableEntries };
}

const fields = (value: unknown): Readonly<Record<string, unknown>> => (typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {});
const isCount = (value: unknown): value is number => typeof value === 'number' && Number.isInteger(value) && value >= 0;
const areTexts = (value: unknown): value is readonly string[] => Array.isArray(value) && value.every((each) => typeof each === 'string');

function isOneOf<const T extends string>(value: unknown, texts: readonly T[]): value is T {
  return texts.includes(value as T);
}
