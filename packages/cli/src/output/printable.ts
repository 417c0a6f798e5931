/** Texts of others on a terminal: with nothing in them that it would obey. `--json` and files have them as they are. */

// oxlint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u001F\u007F-\u009F]/g;
// oxlint-disable-next-line no-control-regex
const CONTROL_IN_LINES = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F]/g;

/** In one line. */
export const printable = (text: string): string => text.replace(CONTROL, (character) => (character === '\n' ? '⏎' : character === '\t' ? '→' : '·'));

/** With its lines and tabs. */
export const printableLines = (text: string): string => text.replaceAll('\r\n', '\n').replace(CONTROL_IN_LINES, '·');

/** Whether it can go to a terminal as it is. */
export const isPrintable = (text: string): boolean => text.replaceAll('\r\n', '\n').search(CONTROL_IN_LINES) < 0;
