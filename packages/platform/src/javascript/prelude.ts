/** The JavaScript that is evaluated in every engine before a user's bundle: the functions and classes of `guest/` as text. */
import { absentParts, installAbsent } from './guest/absent.ts';
import { consoleParts, installConsole } from './guest/console.ts';
import { encodingParts, installEncoding } from './guest/encoding.ts';
import { frameParts } from './guest/frame.ts';
import type { GuestSizes } from './guest/guest-host.ts';
import { inspectionParts } from './guest/inspection.ts';
import { outputParts } from './guest/output.ts';
import { GuestRandom, randomParts } from './guest/random.ts';
import { guestEntry, runParts } from './guest/run.ts';
import { searchParamsParts } from './guest/search-params.ts';
import { installStructuredClone, structuredCloneParts } from './guest/structured-clone.ts';
import { installUrl, urlParts } from './guest/url.ts';
import { MAILBOX_BYTES, MAX_RANDOM_BYTES, OWN_BUFFER_BYTES } from './limits.ts';

/** Name of the bundle in stack traces. */
export const BUNDLE_FILE = 'function.js';

/** Names of the host functions in the prelude's order; the host goes by the first letter. */
export const HOST_FUNCTIONS: readonly string[] = ['log', 'decode', 'encode', 'url', 'random'];

const sizes: GuestSizes = { mailboxBytes: MAILBOX_BYTES, ownBufferBytes: OWN_BUFFER_BYTES, randomBytes: MAX_RANDOM_BYTES };
const parts = [inspectionParts, consoleParts, encodingParts, structuredCloneParts, searchParamsParts, urlParts, absentParts, randomParts, frameParts, outputParts, runParts];
const installs = [installConsole, installEncoding, installStructuredClone, installUrl, installAbsent];

/** A script whose value is a function from the host functions, one by one, to the `GuestEntry`. */
export const PRELUDE: string = `(function (${HOST_FUNCTIONS.join(', ')}) {
'use strict';
const host = { ${HOST_FUNCTIONS.join(', ')} };
const sizes = ${JSON.stringify(sizes)};
const define = (name, value) => Object.defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: false });
${parts.flat().map((part) => part.toString()).join('\n')}
${installs.map((install) => `${install.name}();`).join('\n')}
return ${guestEntry.name}(new ${GuestRandom.name}());
})`;
