/** Statements of unusual kinds: what DuckDB runs must run here with the same answer, or be refused with a reason. */

export interface UnusualStatement {
  readonly name: string;
  readonly sql: string;
  /** Zero-based columns by which the rows must come ordered. */
  readonly orderedBy?: readonly number[];
  /** The statement as the oracle can take it, within parentheses; absent: as it is. */
  readonly oracleSql?: string;
}

export interface RefusedStatement {
  readonly sql: string;
  /** What the message has to say. */
  readonly reason: RegExp;
}

const of = (name: string, sql: string, orderedBy?: readonly number[]): UnusualStatement => ({ name, sql, ...(orderedBy === undefined ? {} : { orderedBy }) });

/** A statement that is a query only within FROM. */
const shown = (name: string, sql: string): UnusualStatement => ({ name, sql, oracleSql: `SELECT * FROM (${sql})` });

const RESHAPING: readonly UnusualStatement[] = [
  of('PIVOT with listed values', "PIVOT (SELECT k1, flag, price FROM facts) ON flag IN (true, false) USING sum(price) GROUP BY k1"),
  of('PIVOT with values from the data', 'PIVOT facts ON flag USING count(*) GROUP BY k1'),
  of('PIVOT with several aggregates', "PIVOT facts ON flag USING sum(price) AS total, max(id) AS top GROUP BY k1"),
  of('PIVOT in a CTE', "WITH p AS (PIVOT facts ON flag USING count(*) GROUP BY k1) SELECT sum(\"true\") AS yes FROM p"),
  of('PIVOT in SQL standard notation', "SELECT * FROM (SELECT k1, flag, price FROM facts) PIVOT (sum(price) FOR flag IN (true, false) GROUP BY k1)"),
  of('UNPIVOT', 'UNPIVOT (SELECT id, k1, k2 FROM facts) ON k1, k2 INTO NAME what VALUE amount'),
  of('UNPIVOT with NULLs', 'SELECT * FROM (SELECT id, k1, k2 FROM nested JOIN dupes USING (name)) UNPIVOT INCLUDE NULLS (v FOR n IN (k1, k2))'),
  of('UNPIVOT of COLUMNS', 'UNPIVOT (SELECT id, k2 FROM facts) ON COLUMNS(* EXCLUDE id)'),
  of('UNNEST in the select list', 'SELECT id, unnest(tags) AS tag FROM nested'),
  of('UNNEST in FROM', 'SELECT n.id, u.tag FROM nested AS n, unnest(n.tags) AS u(tag)'),
  of('UNNEST of a list of structs, recursive', "SELECT id, unnest([info], recursive := true) FROM nested"),
  of('UNNEST of a constant', 'SELECT * FROM unnest([1, 2, NULL]) AS t(x)'),
  of('generate_series', 'SELECT * FROM generate_series(1, 20, 3) AS g(n)'),
  of('a join with range', 'SELECT r.range AS n, count(f.id) AS c FROM range(10) AS r LEFT JOIN facts AS f ON f.k1 = r.range GROUP BY ALL'),
  of('unnested generate_series for each row', 'SELECT id, unnest(generate_series(1, k2)) AS n FROM people JOIN (SELECT DISTINCT k2 FROM dims) ON id = k2'),
  of('VALUES', "VALUES (1, 'a'), (2, NULL)"),
  of('VALUES joined to a table', "SELECT f.id, v.word FROM facts AS f JOIN (VALUES (1, 'one'), (7, 'seven')) AS v(n, word) ON f.k1 = v.n"),
];

const JOINS: readonly UnusualStatement[] = [
  of('a recursive CTE', 'WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 20) SELECT r.n, count(f.id) AS c FROM r LEFT JOIN facts AS f ON f.k1 = r.n GROUP BY 1'),
  of('a recursive CTE over a table', 'WITH RECURSIVE chain AS (SELECT id, boss, 0 AS depth FROM people WHERE boss IS NULL UNION ALL SELECT p.id, p.boss, depth + 1 FROM people AS p JOIN chain AS c ON p.boss = c.id WHERE depth < 3) SELECT depth, count(*) AS c FROM chain GROUP BY depth'),
  of('a recursive CTE USING KEY', 'WITH RECURSIVE r(k, v) USING KEY (k) AS (SELECT 1, 1 UNION SELECT k, v + 1 FROM r WHERE v < 5) FROM r'),
  of('ASOF JOIN', 'SELECT p.id, f.m FROM people AS p ASOF JOIN (SELECT day, max(id) AS m FROM facts GROUP BY day) AS f ON p.day >= f.day'),
  of('ASOF LEFT JOIN USING', 'SELECT p.id, m FROM people AS p ASOF LEFT JOIN (SELECT k1, day, max(id) AS m FROM facts GROUP BY ALL) AS f USING (k1, day)'),
  of('POSITIONAL JOIN', 'SELECT * FROM (SELECT id FROM people ORDER BY id) POSITIONAL JOIN (SELECT id AS other FROM dims ORDER BY id)'),
  of('LATERAL', 'SELECT d.id, t.top FROM dims AS d, LATERAL (SELECT max(f.price) AS top FROM facts AS f WHERE f.k2 = d.k2) AS t'),
  of('LATERAL with LIMIT', 'SELECT d.id, t.id AS best FROM dims AS d, LATERAL (SELECT f.id FROM facts AS f WHERE f.k2 = d.k2 ORDER BY f.price DESC NULLS LAST, f.id LIMIT 2) AS t'),
  of('a join by inequality', 'SELECT count(*) AS c FROM people AS a JOIN dims AS b ON a.id < b.id AND a.day > DATE \'2020-03-01\''),
  of('a join by BETWEEN', 'SELECT a.id, count(b.id) AS c FROM dims AS a LEFT JOIN people AS b ON b.id BETWEEN a.id - 2 AND a.id + 2 GROUP BY a.id'),
  of('NATURAL JOIN', 'SELECT count(*) AS c FROM dims NATURAL JOIN (SELECT id, name FROM nested)'),
  of('a FULL JOIN by inequality', 'SELECT a.id, b.id AS other FROM lonely AS a FULL JOIN dims AS b ON a.id < b.id - 50'),
  of('a self join of a CTE', 'WITH x AS MATERIALIZED (SELECT k1, count(*) AS c FROM facts GROUP BY k1) SELECT a.k1, a.c, b.c AS other FROM x AS a JOIN x AS b ON a.k1 = b.k1 + 1'),
  of('NOT IN with NULLs on the right', 'SELECT id FROM people WHERE boss NOT IN (SELECT k2 FROM nulls)'),
  of('a row compared with ANY', 'SELECT id FROM dims WHERE (k2, flag) IN (SELECT k2, flag FROM facts WHERE id < 50)'),
  of('> ALL of a subquery', 'SELECT id FROM facts WHERE price > ALL (SELECT price FROM dims WHERE price IS NOT NULL)'),
  of('a scalar subquery with LIMIT', 'SELECT id, (SELECT f.id FROM facts AS f WHERE f.k1 = p.k1 ORDER BY f.id LIMIT 1) AS first FROM people AS p'),
  of('a subquery in a subquery', 'SELECT id FROM people AS p WHERE EXISTS (SELECT 1 FROM dims AS d WHERE d.k2 = p.boss AND d.price > (SELECT avg(f.price) FROM facts AS f WHERE f.k2 = d.k2 AND f.k1 <> p.id))'),
];

const GROUPS: readonly UnusualStatement[] = [
  of('GROUPING SETS', 'SELECT k1, flag, count(*) AS c, grouping(k1, flag) AS g FROM facts GROUP BY GROUPING SETS ((k1, flag), (k1), (), (flag), ())'),
  of('CUBE', 'SELECT k1, flag, sum(price) AS s, avg(rate) AS a FROM facts GROUP BY CUBE (k1, flag)'),
  of('ROLLUP with HAVING', 'SELECT k1, flag, count(DISTINCT name) AS c FROM facts GROUP BY ROLLUP (k1, flag) HAVING count(*) > 3'),
  of('GROUP BY ALL, ORDER BY ALL', 'SELECT k1, k2, count(*) AS c FROM facts GROUP BY ALL ORDER BY ALL', [0, 1, 2]),
  of('QUALIFY', 'SELECT k1, id FROM facts QUALIFY row_number() OVER (PARTITION BY k1 ORDER BY id DESC) = 1'),
  of('SELECT DISTINCT ON', 'SELECT DISTINCT ON (k1) k1, id, name FROM facts ORDER BY k1, id', [0]),
  of('ordered aggregates', "SELECT k1, list(id ORDER BY id DESC) AS ids, string_agg(name, '|' ORDER BY id) AS names, first(id ORDER BY id) AS f FROM facts WHERE id < 300 GROUP BY k1"),
  of('arg_max, mode, median, quantiles', 'SELECT k2, arg_max(id, (price, id)) AS a, median(price) AS m, quantile_cont(rate, 0.25) AS q, quantile_disc(id, [0.1, 0.9]) AS qs FROM facts GROUP BY k2'),
  of('statistical aggregates', 'SELECT k2, stddev(price) AS s, var_pop(rate) AS v, corr(rate, price) AS c, regr_slope(rate, id) AS r, kurtosis(rate) AS k FROM facts GROUP BY k2'),
  of('histogram and map aggregates', 'SELECT k2, histogram(flag) AS h, map_from_entries(list(DISTINCT (id, k1) ORDER BY (id, k1))) AS m FROM facts WHERE id < 300 GROUP BY k2'),
  of('bit and boolean aggregates', 'SELECT k1, bit_and(id) AS a, bit_or(id) AS o, bit_xor(id) AS x, bool_and(flag) AS b, any_value(k1) AS v FROM facts GROUP BY k1'),
  of('aggregates with FILTER', "SELECT k1, count(*) FILTER (WHERE flag) AS yes, sum(DISTINCT k2) FILTER (WHERE name LIKE 'a%') AS s FROM facts GROUP BY k1"),
  of('aggregates of nothing', 'SELECT count(*) AS c, sum(id) AS s, max(name) AS m, list(id) AS l, avg(rate) AS a FROM nothing'),
  of('aggregates of all-NULL columns', 'SELECT count(never) AS c, sum(never) AS s, min(never) AS m, avg(never) AS a, count(DISTINCT never) AS d FROM nulls'),
];

const FRAMES = ['ROWS BETWEEN 2 PRECEDING AND 1 FOLLOWING', 'ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING', 'RANGE BETWEEN 3 PRECEDING AND 3 FOLLOWING', 'RANGE BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING', 'GROUPS BETWEEN 1 PRECEDING AND CURRENT ROW', 'ROWS BETWEEN 2 PRECEDING AND 2 FOLLOWING EXCLUDE CURRENT ROW', 'ROWS BETWEEN 2 PRECEDING AND 2 FOLLOWING EXCLUDE TIES', 'GROUPS BETWEEN 2 PRECEDING AND 2 FOLLOWING EXCLUDE GROUP'];

const WINDOWS: readonly UnusualStatement[] = [
  ...FRAMES.map((frame) => of(`the window frame ${frame}`, `SELECT id, sum(k2) OVER (PARTITION BY k1 ORDER BY id ${frame}) AS s, count(*) OVER (PARTITION BY k1 ORDER BY id ${frame}) AS c FROM facts WHERE id < 600`)),
  of('a window by RANGE of an INTERVAL', "SELECT id, count(*) OVER (PARTITION BY k1 ORDER BY day RANGE BETWEEN INTERVAL 3 DAYS PRECEDING AND CURRENT ROW) AS c FROM people"),
  of('ranking functions', 'SELECT id, rank() OVER w AS r, dense_rank() OVER w AS d, percent_rank() OVER w AS p, cume_dist() OVER w AS c, ntile(4) OVER (PARTITION BY k1 ORDER BY id) AS n FROM people WINDOW w AS (PARTITION BY k1 ORDER BY day)'),
  of('lead, lag, first, last, nth', 'SELECT id, lag(name, 2, \'none\') OVER w AS l, lead(id) OVER w AS e, first_value(name IGNORE NULLS) OVER w AS f, last_value(id) OVER w AS t, nth_value(id, 3) OVER w AS n FROM people WINDOW w AS (PARTITION BY k1 ORDER BY id)'),
  of('windows over different partitions', 'SELECT id, count(*) OVER (PARTITION BY k1) AS a, count(*) OVER (PARTITION BY boss) AS b, count(*) OVER () AS c FROM people'),
  of('a whole-partition window over an exchange', 'SELECT k1, c, sum(c) OVER (PARTITION BY k1) AS s FROM (SELECT k1, k2, count(*) AS c FROM facts GROUP BY ALL)'),
  of('a window over an aggregate', 'SELECT k1, sum(sum(price)) OVER (ORDER BY k1) AS running FROM facts GROUP BY k1'),
  of('an aggregate window with DISTINCT and FILTER', 'SELECT id, count(DISTINCT k2) OVER (PARTITION BY k1) AS d, sum(id) FILTER (WHERE flag) OVER (PARTITION BY k1) AS f FROM facts WHERE id < 500'),
];

const VALUES_AND_FUNCTIONS: readonly UnusualStatement[] = [
  of('lambdas', 'SELECT id, list_transform(tags, x -> x * 2) AS t, list_filter(tags, x -> x > 3) AS f, list_reduce(list_filter(tags, x -> x IS NOT NULL), (a, b) -> a + b, 0) AS r FROM nested'),
  of('a lambda in Python notation', 'SELECT id, list_transform(tags, lambda x, i: x + i) AS t FROM nested'),
  of('a list comprehension', 'SELECT id, [x + 1 FOR x IN tags IF x > 2] AS l FROM nested'),
  of('list functions', "SELECT id, list_sort(tags, 'DESC') AS s, list_distinct(tags) AS d, len(tags) AS l, tags[1:2] AS slice, tags[-1] AS last, list_contains(tags, 3) AS has, flatten([tags, tags]) AS both, list_sum(tags) AS total, list_zip(tags, tags) AS z FROM nested"),
  of('struct functions', "SELECT id, info.a, info['b'] AS b, struct_insert(info, c := id) AS more, struct_extract(info, 'a') AS e, {'x': info, 'y': [id]} AS deep, row(id, name) AS r FROM nested"),
  of('struct fields by star', 'SELECT id, info.* FROM nested'),
  of('map functions', "SELECT id, MAP {'k': id, 'n': k2} AS m, map_keys(MAP([id], [name])) AS k, MAP([id], [name])[id] AS v, element_at(MAP {'a': tags}, 'a') AS e FROM nested"),
  of('grouping by lists and structs', 'SELECT tags, info, count(*) AS c FROM nested GROUP BY tags, info'),
  of('joining by lists', 'SELECT count(*) AS c FROM nested AS a JOIN nested AS b ON a.tags = b.tags AND a.info IS NOT DISTINCT FROM b.info'),
  of('a UNION type', "SELECT id, CASE WHEN id % 2 = 0 THEN union_value(num := id)::UNION(num INTEGER, str VARCHAR) ELSE union_value(str := name)::UNION(num INTEGER, str VARCHAR) END AS u FROM people WHERE name IS NOT NULL"),
  of('an ENUM type', "SELECT flag::VARCHAR::ENUM ('true', 'false') AS e, count(*) AS c FROM facts GROUP BY 1"),
  of('an ARRAY type', 'SELECT id, [id, k2, 3]::INTEGER[3] AS a, array_cosine_similarity([id + 1, 1]::FLOAT[2], [1, 2]::FLOAT[2]) AS c FROM nested'),
  of('a BLOB, a UUID, a BIT and a TIME', "SELECT id, encode(name) AS b, 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::UUID AS u, bin(id)::BIT AS bits, TIME '12:34:56.789' AS t  FROM nested"),
  of('a HUGEINT and a UHUGEINT', 'SELECT id, id::HUGEINT * 170141183460469231731687303715 AS h, (id::UHUGEINT + 340282366920938463463374607431768211000) AS u FROM people'),
  of('INTERVALs', "SELECT id, day - DATE '2020-01-01' AS d, INTERVAL (id) DAY AS i, age(TIMESTAMP '2221-01-01', day::TIMESTAMP) AS a FROM people"),
  of('timestamps of every unit', "SELECT id, day::TIMESTAMP_S AS s, day::TIMESTAMP_MS AS ms, day::TIMESTAMP_NS AS ns, TIMESTAMP '294247-01-10 04:00:54' AS far, 'infinity'::TIMESTAMP AS inf FROM people"),
  of('floats that are no numbers', "SELECT id, CASE id % 4 WHEN 0 THEN 'nan'::DOUBLE WHEN 1 THEN 'inf'::DOUBLE WHEN 2 THEN '-inf'::FLOAT ELSE -0.0 END AS f FROM people"),
  of('grouping by nan', "SELECT CASE id % 2 WHEN 0 THEN 'nan'::DOUBLE ELSE id::DOUBLE / 0 END AS f, count(*) AS c FROM people GROUP BY 1"),
  of('regular expressions', "SELECT name, regexp_matches(name, '^[a-e]') AS m, regexp_extract(name, '(.)(.)', 2) AS e, regexp_replace(name, '[aeiou]', '_', 'g') AS r, regexp_extract_all(name, '[a-z]') AS al, name SIMILAR TO 'b.*' AS s FROM facts"),
  of('LIKE with ESCAPE, ILIKE, GLOB', "SELECT name, name LIKE '%\\%%' ESCAPE '\\' AS p, name ILIKE 'BIRCH' AS i, name GLOB '*a*' AS g, name NOT LIKE 'a_h' AS n FROM dupes"),
  of('JSON functions', `SELECT id, to_json(info) AS j, json_extract('{"a": [1, {"b": 2}]}', '$.a[1].b') AS e, (to_json(info) ->> 'b') AS b, json_array_length(to_json(tags)) AS l FROM nested`),
  of('JSON as a type', `SELECT '{"a": 1}'::JSON AS j, json_object('k', id) AS o FROM lonely`),
  of('text functions', "SELECT name, upper(name), reverse(name), string_split(name, 'a') AS parts, name[1:2] AS head, printf('%s-%d', name, k1) AS p, format('{}', k1) AS f, md5(name) AS h, levenshtein(coalesce(name, ''), 'ash') AS d FROM people"),
  of('date functions', "SELECT day, date_trunc('month', day) AS m, extract(dow FROM day) AS w, strftime(day, '%d.%m.%Y') AS s, date_diff('week', day, DATE '2021-01-01') AS d, last_day(day) AS l, time_bucket(INTERVAL 3 DAYS, day) AS b FROM people"),
  of('strptime and make_date', "SELECT strptime('2024-02-29', '%Y-%m-%d') AS t, make_date(2020, k2 % 12 + 1, 3) AS d, try_strptime(name, '%Y') AS n FROM facts"),
  of('CASE, COALESCE, NULLIF, IF, TRY_CAST', "SELECT id, CASE k1 WHEN 7 THEN 'seven' WHEN 8 THEN 'eight' END AS c, coalesce(k2, k1, -1) AS o, nullif(k1, 7) AS n, if(flag, 1, 0) AS i, TRY_CAST(name AS INTEGER) AS t, TRY(1 // 0) AS u FROM facts"),
  of('SELECT of no table', "SELECT 1 + 1 AS two, 'x' || 'y' AS xy, NULL AS nothing, [1, 2] AS l, pi() AS p"),
  of('integer division, modulo, power, bits', 'SELECT id, id // 7 AS d, id % 7 AS m, -id % 7 AS n, id ** 2 AS p, id & 5 AS a, id | 5 AS o, xor(id, 5) AS x, id << 2 AS l, ~id AS t, @(-id) AS b FROM people'),
  of('conversions', "SELECT id::VARCHAR AS v, id::DOUBLE AS d, id::DECIMAL(10, 3) AS c, (id % 2)::BOOLEAN AS b, hex(id) AS h, wide::DECIMAL(38, 10) AS w FROM people"),
];

const STAR: readonly UnusualStatement[] = [
  of('FROM first', 'FROM people'),
  of('FROM first with SELECT', 'FROM people SELECT id, name WHERE id > 100 ORDER BY id LIMIT 5', [0]),
  of('SELECT * EXCLUDE', 'SELECT * EXCLUDE (rate, price) FROM facts'),
  of('SELECT * REPLACE', 'SELECT * REPLACE (id * 2 AS id) FROM people'),
  of('SELECT * RENAME', 'SELECT * RENAME (id AS number) FROM people'),
  of('COLUMNS(*)', 'SELECT max(COLUMNS(*)) FROM people'),
  of('COLUMNS with a regular expression', "SELECT COLUMNS('k\\d') + 1 FROM facts"),
  of('COLUMNS with a lambda', "SELECT count(COLUMNS(c -> c LIKE '%a%')) FROM facts"),
  of('duplicate output names', 'SELECT id, id, k1 AS id, name AS "ID" FROM people'),
  of('identifiers in Unicode', 'SELECT id AS "größe", k1 AS "日本", name AS "a""b", 1 AS "with space", 2 AS "SELECT" FROM people'),
  of('quoted tables and columns', 'SELECT "Group", "a b" FROM dims UNION ALL SELECT "Group", k1 FROM "Mixed Case"'),
  of('table names of another case', 'SELECT count(*) AS c FROM FACTS, "mixed case"'),
  { name: 'a semicolon and comments', sql: '-- first;\nSELECT count(*) AS c /* of; all */ FROM people; -- last', oracleSql: 'SELECT count(*) AS c FROM people' },
  { name: 'a semicolon and comments, whole', sql: "SELECT list_transform(tags, x -> x || ';') AS c FROM nested; -- last", oracleSql: "SELECT list_transform(tags, x -> x || ';') AS c FROM nested" },
  { name: 'a comment at the end', sql: 'SELECT id FROM people LIMIT 100% -- all', oracleSql: 'SELECT id FROM people' },
  of('UNION BY NAME', 'SELECT id, name FROM people UNION ALL BY NAME SELECT name, price FROM dims'),
  of('SAMPLE of everything', 'SELECT count(*) AS c FROM people USING SAMPLE 100 PERCENT (bernoulli)'),
  of('TABLESAMPLE of a count', 'SELECT count(*) AS c FROM (SELECT * FROM facts TABLESAMPLE reservoir(50 ROWS))'),
  of('LIMIT in per cent', 'SELECT id FROM people ORDER BY id LIMIT 10%', [0]),
  of('LIMIT by a subquery', 'SELECT id FROM people ORDER BY id LIMIT (SELECT 7) OFFSET (SELECT 2)', [0]),
  of('LIMIT 0', 'SELECT * FROM facts LIMIT 0'),
  of('no rows', 'SELECT * FROM facts WHERE id < 0 ORDER BY id'),
  of('a sort by expressions', 'SELECT id, k2 FROM facts ORDER BY k2 % 3 DESC NULLS FIRST, abs(id - 1000), id', []),
  shown('DESCRIBE of a table', 'DESCRIBE facts'),
  shown('DESCRIBE of a query', 'DESCRIBE SELECT k1, sum(price) AS s FROM facts GROUP BY k1'),
  of('SUMMARIZE', 'SELECT column_name, min, max, count FROM (SUMMARIZE dims)'),
  shown('SUMMARIZE as a statement', 'SUMMARIZE people'),
  shown('SHOW TABLES', 'SHOW TABLES'),
  of('macros of DuckDB', "SELECT list_sum([1, 2]) AS s, array_append([1], 2) AS a, split_part('a-b', '-', 2) AS p, trim('  x ') AS t FROM lonely"),
  of('a function of the session', "SELECT current_schema() AS s, typeof(id) AS t, version() IS NOT NULL AS v FROM lonely"),
];

const SIZES: readonly UnusualStatement[] = [
  of('5,000 values in an IN list', `SELECT id FROM facts WHERE id IN (${Array.from({ length: 5000 }, (_, index) => index * 3).join(', ')})`),
  of('1,000 columns', `SELECT ${Array.from({ length: 1000 }, (_, index) => `id + ${index} AS c${index}`).join(', ')} FROM dims`),
  of('1,000 aggregates', `SELECT k1, ${Array.from({ length: 1000 }, (_, index) => `sum(id + ${index}) AS c${index}`).join(', ')} FROM people GROUP BY k1`),
  of('nested 100 deep', `${'SELECT id + 1 AS id FROM ('.repeat(100)}SELECT id FROM people${')'.repeat(100)}`),
  of('parentheses 300 deep', `SELECT ${'('.repeat(300)}id${')'.repeat(300)} AS x FROM dims`),
  of('100 parts of a UNION', Array.from({ length: 100 }, (_, index) => `SELECT id + ${index} AS x FROM lonely`).join(' UNION ALL ')),
  of('a chain of 12 joins', `SELECT count(*) AS c FROM lonely AS t0 ${Array.from({ length: 12 }, (_, index) => `JOIN lonely AS t${index + 1} ON t${index}.id = t${index + 1}.id`).join(' ')}`),
  of('240,000 rows without values', 'SELECT NULL::BOOLEAN AS c FROM facts CROSS JOIN dims'),
  of('texts with the character NUL', "SELECT id, 'a' || chr(0) || '''b' AS x, 'a' || chr(0) || name AS y FROM people"),
  of('very long texts', "SELECT id, repeat(coalesce(name, 'x'), 100000) AS long FROM lonely"),
  of('a text of 2 MB', "SELECT repeat('abcdefgh', 250000) AS long, count(*) AS c FROM people"),
  of('a constant of 100 kB', `SELECT id, '${'x'.repeat(100_000)}' AS x FROM lonely`),
];

export const UNUSUAL_STATEMENTS: readonly UnusualStatement[] = [...RESHAPING, ...JOINS, ...GROUPS, ...WINDOWS, ...VALUES_AND_FUNCTIONS, ...STAR, ...SIZES];

export const REFUSED_STATEMENTS: readonly RefusedStatement[] = [
  { sql: 'SET threads = 3', reason: /only queries run/ },
  { sql: 'PRAGMA database_size', reason: /only queries|statement/ },
  { sql: 'CREATE TABLE x AS SELECT 1', reason: /only queries run.*CREATE/ },
  { sql: 'CREATE VIEW x AS SELECT 1', reason: /only queries run.*CREATE/ },
  { sql: 'INSERT INTO people VALUES (1)', reason: /./ },
  { sql: "COPY people TO 'x.csv'", reason: /only queries run.*COPY/ },
  { sql: 'DROP VIEW people', reason: /only queries run.*DROP/ },
  { sql: "ATTACH 'x.db'", reason: /only queries run.*ATTACH/ },
  { sql: 'SELECT $1', reason: /parameters/ },
  { sql: 'SELECT id FROM people WHERE id = ?', reason: /parameters/ },
  { sql: 'SELECT 1; SELECT 2', reason: /one SQL statement/ },
  { sql: '', reason: /one SQL statement/ },
  { sql: 'SELECT * FROM peple', reason: /peple.*people/s },
  { sql: 'SELECT nam FROM people', reason: /nam.*name/s },
  { sql: 'SELEC 1', reason: /syntax error/ },
];
