import { AssertionError } from '@pappus/core';
import { expect, test } from 'vitest';
import { compile } from '../check/check.ts';
import { toGraph } from '../lowering/to-graph.ts';
import { print } from '../syntax/printer.ts';
import { composition, declare, moduleOf } from './builder.ts';
import { all, by, each, keyed, optional, type SetOf } from './sets.ts';

const classify = declare('classify', { inputs: ['pics'], outputs: ['tagged', 'archives'] });
const compress = declare('compress', { inputs: ['pics', 'archives'], outputs: ['put_requests'] });
const http = declare('HTTP', { inputs: ['requests'], outputs: ['responses'] });

const PUBLISHED = `function classify(pics) => (tagged, archives);
function HTTP(requests) => (responses);
function compress(pics, archives) => (put_requests);

composition image_process(images) => (status) {
    classify(pics = all images) => (classified = tagged, fetch_requests = archives);
    HTTP(requests = each fetch_requests) => (fetched = responses);
    compress(pics = keyed classified, archives = keyed fetched)
        => (store_requests = put_requests) by classified left fetched;
    HTTP(requests = each store_requests) => (status = responses);
}
`;

const imageProcess = composition('image_process', { inputs: ['images'] }, ({ images }) => {
  const { tagged, archives } = classify({ pics: all(images) }, { as: { tagged: 'classified', archives: 'fetch_requests' } });
  const { responses: fetched } = http({ requests: each(archives) }, { as: { responses: 'fetched' } });
  const { put_requests } = compress({ pics: keyed(tagged), archives: keyed(fetched) }, { by: by('pics').left('archives'), as: { put_requests: 'store_requests' } });
  const { responses: status } = http({ requests: each(put_requests) });
  return { status };
});

test('the published example built is the published example written', () => {
  expect(imageProcess.print()).toBe(PUBLISHED);
  const { checked } = compile(PUBLISHED);
  expect(checked === null ? null : toGraph(checked, 'image_process')).toEqual(imageProcess.graph);
});

test('a join means the inputs that it names, whatever sets and inputs are called', () => {
  const names = ['a', 'b', 'x'] as const;
  const f = declare('f', { inputs: ['a', 'b', 'x'], outputs: ['o'] });
  for (const [first, second, third] of names.flatMap((one) => names.flatMap((two) => names.map((three) => [one, two, three] as const)))) {
    for (const [left, right] of [['a', 'b'], ['b', 'a'], ['x', 'a'], ['b', 'x']] as const) {
      const build = (): { readonly joins: unknown } | undefined =>
        composition('c', { inputs: ['a', 'b', 'x'] }, (sets) => ({ out: f({ a: keyed(sets[first]), b: keyed(sets[second]), x: keyed(sets[third]) }, { by: by(left).left(right) }).o })).graph.applications[0];
      const sets = { a: first, b: second, x: third };
      const shared = (name: 'a' | 'b' | 'x'): boolean => Object.values(sets).filter((set) => set === sets[name]).length > 1;
      const unsayable = [left, right].some((name) => shared(name) && Object.values(sets).filter((set) => set === name).length === 1);
      if (unsayable) expect(build).toThrow(/a join cannot name the input/);
      else expect(build()?.joins).toEqual([{ input: names.indexOf(left) }, { input: names.indexOf(right), kind: 'left' }].map((step) => expect.objectContaining(step) as unknown));
    }
  }
});

test('sets without a wish get the name of the output, made unique, and unused outputs are left out', () => {
  const twice = composition('twice', { inputs: ['responses'] }, ({ responses }) => {
    const first = http({ requests: each(responses) });
    return { done: http({ requests: optional(each(first.responses)) }).responses };
  });
  expect(twice.print()).toContain('HTTP(requests = each responses) => (responses_2 = responses);\n    HTTP(requests = optional each responses_2) => (done = responses);');
  const half = composition('half', { inputs: ['a'] }, ({ a }) => ({ t: classify({ pics: all(a) }).tagged }));
  expect(half.print()).toContain('=> (t = tagged);');
});

test('nested compositions are part of the module, once', () => {
  const outer = composition('outer', { inputs: ['photos'] }, ({ photos }) => {
    const first = imageProcess({ images: all(photos) });
    return { done: imageProcess({ images: all(first.status) }).status };
  });
  const text = outer.print();
  expect(text.match(/composition image_process/g)).toHaveLength(1);
  expect(compile(text).checked?.graphs.get('outer')).toEqual(outer.graph);
  expect(print(moduleOf(imageProcess, outer))).toBe(text);
});

test('a join of one set with itself uses the names of inputs', () => {
  const self = composition('self', { inputs: ['a'] }, ({ a }) => ({ p: compress({ pics: keyed(a), archives: keyed(a) }, { by: by('pics').inner('archives') }).put_requests }));
  expect(self.print()).toContain('by pics inner archives;');
  expect(self.graph.applications[0]?.joins).toEqual([{ input: 0, kind: null }, { input: 1, kind: 'inner' }]);
});

test('what the language cannot say is a mistake of the program', () => {
  const leak: SetOf[] = [];
  composition('one', { inputs: ['a'] }, ({ a }) => {
    leak.push(a);
    return { a };
  });
  const [foreign] = leak;
  if (foreign === undefined) throw new Error('no set');
  expect(() => composition('two', { inputs: ['a'] }, () => ({ b: classify({ pics: all(foreign) }).tagged }))).toThrow(/uses a set of one/);
  expect(() => composition('two', { inputs: ['a'] }, ({ a }) => ({ b: a }))).toThrow(/a set has one name/);
  expect(() => composition('two', { inputs: ['a-b'] }, () => ({}))).toThrow(AssertionError);
  expect(() => composition('two', { inputs: ['a', 'b'] }, ({ a }) => ({ b: classify({ pics: all(a) }).tagged }))).toThrow(/name of an input/);
  const other = declare('classify', { inputs: ['x'], outputs: [] });
  expect(() =>
    composition('two', { inputs: ['a'] }, ({ a }) => {
      other({ x: all(a) });
      return { b: classify({ pics: all(a) }).tagged };
    }),
  ).toThrow(/already defined/);
});
