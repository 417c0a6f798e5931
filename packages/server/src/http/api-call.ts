/** A request to anything but an invocation, and its answer: what handlers see of HTTP. */
import type { Problem } from '@pappus/api';

export interface ApiCall {
  /** Of the path template. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly contentType: string | undefined;
  /** Aborted when the client leaves or the server stops. */
  readonly signal: AbortSignal;
  /** The whole body; at most so long. */
  body(maxBytes: number): Promise<Uint8Array>;
}

export type ApiAnswer =
  | { readonly kind: 'json'; readonly status: number; readonly value: unknown }
  | { readonly kind: 'text'; readonly contentType: string; readonly text: string }
  /** An expected refusal; anything thrown becomes a problem as well. */
  | { readonly kind: 'problem'; readonly problem: Problem };

export type Handler = (call: ApiCall) => Promise<ApiAnswer> | ApiAnswer;

export const json = (value: unknown, status = 200): ApiAnswer => ({ kind: 'json', status, value });

/** The parameter of the path; there by its template. */
export const parameter = (call: ApiCall, name: string): string => call.parameters[name] ?? '';
