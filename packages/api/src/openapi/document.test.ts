import { describe, expect, it } from 'vitest';
import { openapiDocument } from './document.ts';
import { OPERATIONS } from './operations.ts';

type Json = Readonly<Record<string, unknown>>;
const document = openapiDocument({ version: '1.2.3' }) as Json & { readonly paths: Record<string, Record<string, Json>>; readonly components: { readonly schemas: Json } };

function* references(value: unknown): Generator<string> {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    if (key === '$ref' && typeof inner === 'string') yield inner;
    else yield* references(inner);
  }
}

describe('the OpenAPI document', () => {
  it('has every operation once, with an id of its own', () => {
    const found = Object.entries(document.paths).flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method} ${path}`));
    expect(found.toSorted()).toEqual(OPERATIONS.map(({ method, path }) => `${method} ${path}`).toSorted());
    expect(new Set(OPERATIONS.map(({ id }) => id)).size).toBe(OPERATIONS.length);
  });

  it('refers to nothing that is not there, and leaves nothing unused', () => {
    const names = Object.keys(document.components.schemas);
    const referred = new Set(references(document));
    expect([...referred].toSorted()).toEqual(names.map((name) => `#/components/schemas/${name}`).toSorted());
  });

  it('declares each parameter of a path, and no other', () => {
    for (const { path, parameters = [] } of OPERATIONS) {
      const wanted = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      expect(parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name), path).toEqual(wanted);
    }
  });

  it('asks for a token but where an operation is open', () => {
    expect(document['security']).toEqual([{ token: [] }]);
    const open = Object.values(document.paths).flatMap((methods) => Object.values(methods)).filter((operation) => 'security' in operation);
    expect(open.map(({ operationId }) => operationId)).toEqual(['health', 'ready', 'openapi']);
  });

  it('says of a spec what a request may leave out, and what an answer always has', () => {
    const { FunctionSpec, FunctionSpecRequest } = document.components.schemas as Record<string, { readonly required: readonly string[] }>;
    expect(FunctionSpecRequest?.required).toEqual(['inputs', 'outputs']);
    expect(FunctionSpec?.required).toContain('limits');
  });
});
