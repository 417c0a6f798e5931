/** What a text of SQL says before anyone parses it: how many statements it has, and the first without its semicolon. */

export interface StatementText {
  /** The first statement. It ends with a line break, so that a comment at its end swallows nothing behind it. */
  readonly first: string;
  /** Statements that are more than white space and comments. */
  readonly count: number;
}

// Texts, quoted names, dollar quotes and comments, in which a semicolon means nothing; then the semicolon itself.
const TOKENS = /e'(?:[^'\\]|\\[\s\S]|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|\$([a-z_]\w*|)\$[\s\S]*?\$\1\$|--[^\n]*|\/\*[\s\S]*?\*\/|;/gi;
const COMMENT = /--[^\n]*|\/\*[\s\S]*?\*\//g;

export function statementText(sql: string): StatementText {
  const pieces: string[] = [];
  let start = 0;
  for (const { 0: token, index } of sql.matchAll(TOKENS)) {
    if (token !== ';') continue;
    pieces.push(sql.slice(start, index));
    start = index + 1;
  }
  const statements = [...pieces, sql.slice(start)].filter((piece) => piece.replace(COMMENT, '').trim() !== '');
  return { first: `${statements[0] ?? ''}\n`, count: statements.length };
}
