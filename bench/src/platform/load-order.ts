/** What the load generator is told, and what it tells. */

export interface LoadOrder {
  readonly host: string;
  readonly port: number;
  readonly method: 'GET' | 'POST';
  /** Taken in turn. */
  readonly paths: readonly string[];
  readonly bodyBase64: string;
  readonly connections: number;
  readonly seconds: number;
  /** It ends earlier when so many were sent; null: only by time. */
  readonly requests: number | null;
  /** Requests a second, sent whether or not earlier ones are answered; null: each connection sends when it has its answer. */
  readonly rate: number | null;
  /** Length of every answer; another one is a failure. Null when not known. */
  readonly answerBytes: number | null;
}

export interface LoadResult {
  /** Answers of status 200. */
  readonly answered: number;
  readonly failed: number;
  /** The first failure, for whoever reads the report. */
  readonly failure: string | null;
  /** Due and not sent when the time was over: the server did not keep up. */
  readonly unsent: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}
