/** From method and path to a handler. The routes are the operations of the API: one without a handler does not compile. */
import { OPERATIONS, type Operation } from '@pappus/api';
import { AppError } from '@pappus/core';
import { decoded } from '../gateway/invoke-target.ts';
import { StatusError } from './problem-of.ts';

export interface Match<H> {
  readonly handler: H;
  readonly operation: Operation;
  /** By the names in the path template. */
  readonly parameters: Readonly<Record<string, string>>;
}

interface Route<H> {
  readonly operation: Operation;
  readonly segments: readonly string[];
  readonly handler: H;
}

export class Router<H> {
  readonly #routes: readonly Route<H>[];

  constructor(handlers: Readonly<Record<string, H>>) {
    this.#routes = OPERATIONS.flatMap((operation) => {
      const handler = handlers[operation.id];
      return handler === undefined ? [] : [{ operation, segments: operation.path.split('/'), handler }];
    });
  }

  /** Throws 404 for a path that is none, 405 for a method that it does not have. */
  match(method: string, path: string): Match<H> {
    const segments = path.split('/');
    const fitting = this.#routes.filter((route) => fits(route.segments, segments));
    const wanted = method === 'HEAD' ? 'get' : method.toLowerCase();
    const route = fitting.find(({ operation }) => operation.method === wanted);
    if (route !== undefined) return { handler: route.handler, operation: route.operation, parameters: parametersOf(route.segments, segments) };
    if (fitting.length === 0) throw new AppError('not-found', `there is nothing at ${JSON.stringify(path.slice(0, 100))}`, { hint: 'GET /openapi.json says what there is.' });
    const allow = fitting.map(({ operation }) => (operation.method === 'get' ? 'GET, HEAD' : operation.method.toUpperCase())).join(', ');
    throw new StatusError(405, new AppError('invalid-argument', `${method} is not possible there`, { hint: `Possible: ${allow}.` }), { allow });
  }
}

const isParameter = (segment: string): boolean => segment.startsWith('{');

const fits = (template: readonly string[], path: readonly string[]): boolean =>
  template.length === path.length && template.every((segment, index) => (isParameter(segment) ? path[index] !== '' : segment === path[index]));

function parametersOf(template: readonly string[], path: readonly string[]): Readonly<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const [index, segment] of template.entries()) if (isParameter(segment)) found[segment.slice(1, -1)] = decoded(path[index] ?? '');
  return found;
}
