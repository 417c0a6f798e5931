/** A logger that compares each answer of a server, as its access log has it, with the statuses in the document of the API. */
import { openapiDocument, OPERATIONS } from '@pappus/api';
import type { LogFields, Logger, LogLevel } from '@pappus/core';

interface Documented {
  readonly operation: string;
  readonly method: string;
  readonly path: RegExp;
  readonly statuses: ReadonlySet<string>;
}

/** Nobody saw these answers: the client had left. */
const UNSEEN: ReadonlySet<string> = new Set(['0', '499']);

const { paths } = openapiDocument({ version: '0' }) as { readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly responses: object }>>>> };
const DOCUMENTED: readonly Documented[] = OPERATIONS.map(({ id, method, path }) => ({
  operation: id,
  method: method.toUpperCase(),
  path: new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`),
  statuses: new Set(Object.keys(paths[path]?.[method]?.responses ?? {})),
}));

export class DocumentedStatuses implements Logger {
  /** Operation and status, once each. */
  readonly #undocumented = new Set<string>();

  log(_: LogLevel, message: string, fields: LogFields = {}): void {
    if (message !== 'request') return;
    const status = String(fields['status']);
    const found = DOCUMENTED.find(({ method, path }) => method === fields['method'] && path.test(String(fields['path'])));
    if (found !== undefined && !found.statuses.has(status) && !UNSEEN.has(status)) this.#undocumented.add(`${found.operation}: ${status}`);
  }

  child(): Logger {
    return this;
  }

  get undocumented(): readonly string[] {
    return [...this.#undocumented];
  }
}
