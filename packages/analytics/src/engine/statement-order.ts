/** Whether a SELECT ends with an ORDER BY of its own, as opposed to one within parentheses or quotes. */

const tokens = /'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\/\*[\s\S]*?\*\/|[()]|\border\s+by\b/gi;

export function isOrdered(sql: string): boolean {
  let depth = 0;
  for (const [token] of sql.matchAll(tokens)) {
    if (token === '(') depth += 1;
    else if (token === ')') depth -= 1;
    else if (depth === 0 && /^order/i.test(token)) return true;
  }
  return false;
}
