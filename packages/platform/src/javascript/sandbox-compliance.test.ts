import { sandboxCompliance } from '../sandbox/testing/compliance.ts';
import { CANARY, complianceSpec } from './testing/canary.ts';
import { newFactory } from './testing/functions.ts';

const program = (source: string) => async (): Promise<Uint8Array> => Buffer.from(source);

// No traps and no exit codes: JavaScript throws.
sandboxCompliance('JavaScript sandboxes', {
  factory: () => newFactory(),
  spec: complianceSpec,
  canaryRuns: 500,
  programs: {
    copy: program('export default (inputs) => ({ out: inputs.in })'),
    recurse: program('const deeper = () => deeper() + 1; export default deeper'),
    grow: program('export default () => { const all = []; for (;;) all.push(new Float64Array(1000).fill(1)) }'),
    'flood-items': program('export default () => ({ out: Array.from({ length: 2000 }, (_, i) => ({ name: `item-${i}`, data: "" })) })'),
    'flood-bytes': program('export default () => ({ out: Array.from({ length: 100 }, (_, i) => ({ name: `item-${i}`, data: new Uint8Array(60000) })) })'),
    canary: program(CANARY),
    print: program('export default () => { console.log("x".repeat(4999)); console.error("x".repeat(4999)); return {} }'),
  },
});
