/** Limits of the platform's commands. */

/** Files of one `--set NAME=@FOLDER`. */
export const MAX_FOLDER_ITEMS = 100_000;
/** Folders below it that are looked at. */
export const MAX_FOLDER_DEPTH = 32;
export const MAX_STDIN_BYTES: number = 1024 ** 3;
/** Code of a function, and text of a composition or a query, that is read. The server has limits of its own. */
export const MAX_CODE_BYTES: number = 64 * 1024 ** 2;
/** Output bytes that are kept for standard output or `--json`; more go to `--out`. */
export const MAX_KEPT_OUTPUT_BYTES: number = 256 * 1024 ** 2;
/** Items in a listing. */
export const MAX_LISTED_ITEMS = 1_000;
/** Characters of an item that a listing shows. */
export const PREVIEW_CHARS = 60;
/** How long one request of `logs --follow` waits for the next entry. */
export const LOG_WAIT_MS = 25_000;
/** Runs that a timeline draws. */
export const MAX_DRAWN_SPANS = 200;
/** `dev`: how long a folder is quiet before it is deployed again. */
export const QUIET_MS = 80;
/** `dev`: how long a service gets to print that it is ready. */
export const SERVICE_START_MS = 10_000;
/** `dev`: how long services get to end, and an invocation under way. */
export const SERVICE_STOP_MS = 2_000;
export const DEV_DRAIN_MS = 1_000;
/** Files of a folder that `dev` deploys. */
export const MAX_DEPLOYED_FILES = 1_000;
/** Invocations with a shorter `--timeout` have an answer before Node's fetch gives up, after five minutes. */
export const PATIENT_FROM_MS = 240_000;
