/** The platform's own functions that a server has only when it is told what they may reach: what to do where one is wanted and is not there. */

const HINTS: ReadonlyMap<string, string> = new Map([
  ['HTTP', 'HTTP is switched off: start the server with --allow-http PATTERN (io.http.allow in its configuration).'],
  ['Files', 'Files is switched off: start the server with --files FOLDER (io.files.folder in its configuration).'],
]);

/** Null for a name that is none of theirs. */
export const switchedOffHint = (name: string): string | null => HINTS.get(name) ?? null;
