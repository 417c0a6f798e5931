/** The JavaScript that is evaluated in every engine before a user's bundle: the functions of `guest/` as text. */
import { installAbsent } from './guest/absent.ts';
import { installConsole } from './guest/console.ts';
import { installEncoding } from './guest/encoding.ts';
import { installRandom } from './guest/random.ts';
import { makeEntry } from './guest/run.ts';
import { installStructuredClone } from './guest/structured-clone.ts';
import { installUrl } from './guest/url.ts';
import { MAILBOX_BYTES, OWN_BUFFER_BYTES } from './limits.ts';

/** Names of the two files that a guest's stack traces name. */
export const PRELUDE_FILE = 'pappus:prelude';
export const BUNDLE_FILE = 'function.js';

const sizes = { mailboxBytes: MAILBOX_BYTES, ownBufferBytes: OWN_BUFFER_BYTES };

/** A script whose value is a function from `GuestHost` functions, one by one, to the `GuestEntry`. */
export const PRELUDE: string = `(function (log, decode, encode, url, random) {
'use strict';
const host = { log, decode, encode, url, random };
const define = (name, value) => Object.defineProperty(globalThis, name, { value, writable: true, configurable: true });
${[installConsole, installEncoding, installStructuredClone, installUrl, installAbsent].map((install) => `(${install.toString()})(host, define);`).join('\n')}
const guestRandom = (${installRandom.toString()})(host, define);
return (${makeEntry.toString()})(host, ${JSON.stringify(sizes)}, guestRandom);
})`;

/** Names of the host functions in the prelude's order; the first letter is what the host goes by. */
export const HOST_FUNCTIONS: readonly string[] = ['log', 'decode', 'encode', 'url', 'random'];
