/** Source to bytecode. The source itself is left out: it would be part of every image, and only `toString` shows it. */
import { allocate, newCString, type Scratch } from './guest-values.ts';
import type { QuickJsInstance } from './quickjs-instance.ts';

export interface CompileJob {
  readonly source: Buffer;
  readonly fileName: string;
  readonly isModule: boolean;
  /** Keeps names of files and lines for stack traces. */
  readonly traced: boolean;
}

const EVAL_MODULE = 1;
const STRIP_SOURCE = 16;
const STRIP_DEBUG = 32;

/** The bytecode, or null with an exception pending in the guest. */
export function compile(instance: QuickJsInstance, job: CompileJob, scratch: Scratch): Uint8Array | null {
  const source = allocate(instance, job.source.length + 1);
  instance.bytes.set(job.source, source);
  instance.bytes[source + job.source.length] = 0;
  const fileName = newCString(instance, job.fileName);
  const at = instance.exports.qjs_compile(source, job.source.length, fileName.at, job.isModule ? EVAL_MODULE : 0, job.traced ? STRIP_SOURCE : STRIP_SOURCE | STRIP_DEBUG, scratch.first);
  if (at === 0) return null;
  return new Uint8Array(instance.bytes.subarray(at, at + instance.u32(scratch.first)));
}
