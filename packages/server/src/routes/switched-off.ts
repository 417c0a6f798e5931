/**
 * The platform's own functions that a server has only when it is told what they may reach: what to do where one is wanted and is
 * not there. Their names are taken in any case, or a composition would mean another function after a start with other flags.
 */

export const OWN_FUNCTIONS: ReadonlyMap<string, string> = new Map([
  ['HTTP', 'HTTP is switched off: start the server with --allow-http PATTERN (io.http.allow in its configuration).'],
  ['Files', 'Files is switched off: start the server with --files FOLDER (io.files.folder in its configuration).'],
]);

/** Null for a name that is none of theirs. */
export const switchedOffHint = (name: string): string | null => OWN_FUNCTIONS.get(name) ?? null;
