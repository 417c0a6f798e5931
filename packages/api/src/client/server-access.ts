/** Address and token of a server. Neither is quoted where it is wrong: they hold secrets, and messages go to logs. */
import { AppError } from '@pappus/core';

const EXAMPLE = 'give one such as http://127.0.0.1:7077';

/** The address as it stands before the paths of the API. */
export function serverBase(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (parsed === null || !/^https?:$/.test(parsed.protocol)) throw new AppError('invalid-argument', `${url.includes('@') ? 'what was given' : JSON.stringify(url)} is no address of a server: ${EXAMPLE}`);
  if (parsed.username !== '' || parsed.password !== '') throw new AppError('invalid-argument', `the address of the server holds a user name or a password, which it does not take: ${EXAMPLE}`, { hint: 'A token is given beside it.' });
  if (/[?#]/.test(url)) throw new AppError('invalid-argument', `the address of the server goes on after its path, with '?' or '#': ${EXAMPLE}`);
  return url.trim().replace(/\/+$/, '');
}

/** The header that shows the token; white space around it, such as the line end of its file, is none of it. */
export function authorizationOf(token: string): { readonly authorization: string } {
  const plain = token.trim();
  if (plain === '') throw new AppError('invalid-argument', 'the token is empty');
  if (!/^[\x21-\x7e]+$/.test(plain)) throw new AppError('invalid-argument', 'the token holds a line end, a space or another character that no token has', { hint: 'Of what pappus token prints it is the first line alone.' });
  return { authorization: `Bearer ${plain}` };
}
