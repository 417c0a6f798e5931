/** The answer of the authorisation service to one request for each log server that it names. */
import type { Inputs, Outputs } from '@pappus/platform';

export const inputs = ['answers'];
export const outputs = ['requests', 'refusal'];

export default function ({ answers }: Inputs<'answers'>): Outputs<'requests' | 'refusal'> {
  const [head = '', body = ''] = (answers[0]?.text() ?? '').split(/\r?\n\r?\n/, 2);
  if (!/^HTTP\/1\.1 200\b/.test(head)) return { refusal: { 'refusal.txt': `not authorised: ${body}\n` } };
  const { logs } = JSON.parse(body) as { readonly logs: readonly string[] };
  return { requests: logs.map((url, index) => ({ name: `server-${index + 1}`, data: `GET ${url} HTTP/1.1\n\n` })) };
}
