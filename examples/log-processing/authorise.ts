/** A token to the request that asks what its bearer may read. */
import type { Inputs, Outputs } from '@pappus/platform';

export const inputs = ['token'];
export const outputs = ['requests'];

export default function ({ token }: Inputs<'token'>): Outputs<'requests'> {
  return { requests: { authorisation: `GET http://127.0.0.1:7081/authorise HTTP/1.1\nAuthorization: Bearer ${token[0]?.text().trim()}\n\n` } };
}
