/**
 * Scalar functions and operators by the family that they return. None can fail at run time on the test data, and
 * none makes a -0.0 or a rounding that depends on the order of evaluation.
 */
import { sql, type Expression, type Family } from './sql-tree.ts';

/** An operand of a family, drawn anew at each call. */
export type Operand = (family: Family) => Expression;

export interface Recipe {
  readonly name: string;
  make(operand: Operand): Expression;
}

const recipe = (name: string, make: Recipe['make']): Recipe => ({ name, make });

const integers: readonly Recipe[] = [
  recipe('+', (of) => sql('integer')`(${of('integer')} + ${of('integer')})`),
  recipe('-', (of) => sql('integer')`(${of('integer')} - ${of('integer')})`),
  recipe('*', (of) => sql('integer')`((${of('integer')} % 100) * (${of('integer')} % 50))`),
  recipe('//', (of) => sql('integer')`(${of('integer')} // ${of('integer')})`),
  recipe('%', (of) => sql('integer')`(${of('integer')} % 7)`),
  recipe('unary -', (of) => sql('integer')`(- ${of('integer')})`),
  recipe('abs', (of) => sql('integer')`abs(${of('integer')})`),
  recipe('sign', (of) => sql('integer')`sign(${of('integer')})`),
  recipe('&', (of) => sql('integer')`(${of('integer')}::BIGINT & 15)`),
  recipe('length', (of) => sql('integer')`length(${of('text')})`),
  recipe('strlen', (of) => sql('integer')`strlen(${of('text')})`),
  recipe('instr', (of) => sql('integer')`instr(${of('text')}, 'a')`),
  recipe('extract', (of) => sql('integer')`extract(month FROM ${of('date')})`),
  recipe('extract timestamp', (of) => sql('integer')`extract(hour FROM ${of('timestamp')})`),
  recipe('date_part', (of) => sql('integer')`date_part('dow', ${of('date')})`),
  recipe('year', (of) => sql('integer')`year(${of('date')})`),
  recipe('datediff', (of) => sql('integer')`datediff('month', ${of('date')}, ${of('date')})`),
  recipe('date - date', (of) => sql('integer')`(${of('date')} - ${of('date')})`),
  recipe('len list', (of) => sql('integer')`len(${of('list')})`),
  recipe('list[]', (of) => sql('integer')`${of('list')}[1]`),
  recipe('list_sum', (of) => sql('integer')`list_sum(${of('list')})`),
  recipe('struct.a', (of) => sql('integer')`(${of('struct')}).a`),
  recipe('try_cast', (of) => sql('integer')`TRY_CAST(${of('text')} AS INTEGER)`),
  recipe('cast boolean', (of) => sql('integer')`CAST(${of('boolean')} AS INTEGER)`),
  recipe('cast decimal', (of) => sql('integer')`TRY_CAST(${of('decimal')} AS BIGINT)`),
  recipe('floor', (of) => sql('integer')`CAST(floor(${of('double')}) AS INTEGER)`),
  recipe('greatest', (of) => sql('integer')`greatest(${of('integer')}, ${of('integer')}, 3)`),
  recipe('cast hugeint', (of) => sql('integer')`((${of('integer')} % 1000)::HUGEINT * 1000000000000000)`),
];

const decimals: readonly Recipe[] = [
  recipe('decimal +', (of) => sql('decimal')`(${of('decimal')} + 1.50)`),
  recipe('decimal -', (of) => sql('decimal')`(10 - ${of('decimal')})`),
  recipe('decimal *', (of) => sql('decimal')`(TRY_CAST(${of('decimal')} AS DECIMAL(15,2)) * (1 - 0.05))`),
  recipe('decimal abs', (of) => sql('decimal')`abs(${of('decimal')})`),
  recipe('decimal round', (of) => sql('decimal')`round(${of('decimal')}, 1)`),
  recipe('decimal cast', (of) => sql('decimal')`TRY_CAST(${of('integer')} AS DECIMAL(18,1))`),
  recipe('decimal least', (of) => sql('decimal')`least(${of('decimal')}, 100.00)`),
];

const doubles: readonly Recipe[] = [
  recipe('double +', (of) => sql('double')`(${of('double')} + 0.25::DOUBLE)`),
  recipe('double -', (of) => sql('double')`(${of('double')} - 1.5::DOUBLE)`),
  recipe('double *', (of) => sql('double')`(${of('double')} * 0.5::DOUBLE)`),
  recipe('double /', (of) => sql('double')`(${of('double')} / 4::DOUBLE)`),
  recipe('double abs', (of) => sql('double')`abs(${of('double')})`),
  recipe('double cast', (of) => sql('double')`CAST(${of('integer')} % 1000 AS DOUBLE)`),
];

const texts: readonly Recipe[] = [
  recipe('||', (of) => sql('text')`(${of('text')} || ${of('text')})`),
  recipe('upper', (of) => sql('text')`upper(${of('text')})`),
  recipe('lower', (of) => sql('text')`lower(${of('text')})`),
  recipe('substring', (of) => sql('text')`substring(${of('text')}, 2, 3)`),
  recipe('left', (of) => sql('text')`left(${of('text')}, 2)`),
  recipe('trim', (of) => sql('text')`trim(${of('text')})`),
  recipe('replace', (of) => sql('text')`replace(${of('text')}, 'a', '''')`),
  recipe('lpad', (of) => sql('text')`lpad(${of('text')}, 6, '*')`),
  recipe('reverse', (of) => sql('text')`reverse(${of('text')})`),
  recipe('concat', (of) => sql('text')`concat(${of('text')}, '-', ${of('integer')})`),
  recipe('concat_ws', (of) => sql('text')`concat_ws('/', ${of('text')}, ${of('text')})`),
  recipe('split_part', (of) => sql('text')`split_part(${of('text')}, ',', 1)`),
  recipe('regexp_replace', (of) => sql('text')`regexp_replace(${of('text')}, '[aeiou]', '_', 'g')`),
  recipe('strftime', (of) => sql('text')`strftime(${of('date')}, '%Y-%m')`),
  recipe('cast to text', (of) => sql('text')`CAST(${of('integer')} AS VARCHAR)`),
  recipe('date to text', (of) => sql('text')`CAST(${of('date')} AS VARCHAR)`),
  recipe('decimal to text', (of) => sql('text')`CAST(${of('decimal')} AS VARCHAR)`),
  recipe('boolean to text', (of) => sql('text')`CAST(${of('boolean')} AS VARCHAR)`),
  recipe('list to text', (of) => sql('text')`CAST(${of('list')} AS VARCHAR)`),
  recipe('struct.b', (of) => sql('text')`(${of('struct')}).b`),
  recipe('struct_extract', (of) => sql('text')`struct_extract(${of('struct')}, 'b')`),
  recipe('md5', (of) => sql('text')`md5(${of('text')})`),
];

const dates: readonly Recipe[] = [
  recipe('date + n', (of) => sql('date')`(${of('date')} + 3)`),
  recipe('date - n', (of) => sql('date')`(${of('date')} - 7::INTEGER)`),
  recipe('date_trunc', (of) => sql('date')`CAST(date_trunc('month', ${of('date')}) AS DATE)`),
  recipe('interval', (of) => sql('date')`CAST(${of('date')} + INTERVAL 1 MONTH AS DATE)`),
  recipe('timestamp to date', (of) => sql('date')`CAST(${of('timestamp')} AS DATE)`),
  recipe('last_day', (of) => sql('date')`last_day(${of('date')})`),
];

const timestamps: readonly Recipe[] = [
  recipe('timestamp + interval', (of) => sql('timestamp')`(${of('timestamp')} + INTERVAL 90 MINUTES)`),
  recipe('timestamp trunc', (of) => sql('timestamp')`date_trunc('hour', ${of('timestamp')})`),
  recipe('date to timestamp', (of) => sql('timestamp')`CAST(${of('date')} AS TIMESTAMP)`),
  recipe('date - interval', (of) => sql('timestamp')`(${of('date')} - INTERVAL 10 DAYS)`),
];

const booleans: readonly Recipe[] = [
  recipe('boolean <', (of) => sql('boolean')`(${of('integer')} < ${of('integer')})`),
  recipe('boolean not', (of) => sql('boolean')`(NOT ${of('boolean')})`),
  recipe('starts_with', (of) => sql('boolean')`starts_with(${of('text')}, 'b')`),
  recipe('contains', (of) => sql('boolean')`contains(${of('text')}, 'a')`),
  recipe('list_contains', (of) => sql('boolean')`list_contains(${of('list')}, 3)`),
  recipe('is null value', (of) => sql('boolean')`(${of('text')} IS NULL)`),
];

const lists: readonly Recipe[] = [
  recipe('list_value', (of) => sql('list')`[${of('integer')}::BIGINT, 3]`),
  recipe('list_concat', (of) => sql('list')`list_concat(${of('list')}, [7])`),
  recipe('list_sort', (of) => sql('list')`list_sort(${of('list')})`),
  recipe('list_transform', (of) => sql('list')`list_transform(${of('list')}, x -> x + 1)`),
  recipe('list_filter', (of) => sql('list')`list_filter(${of('list')}, x -> x > 2)`),
  recipe('list slice', (of) => sql('list')`${of('list')}[1:2]`),
  recipe('list_distinct', (of) => sql('list')`list_sort(list_distinct(${of('list')}))`),
  recipe('range', (of) => sql('list')`range(abs(${of('integer')} % 4)::BIGINT)`),
];

const structs: readonly Recipe[] = [
  recipe('struct_pack', (of) => sql('struct')`{'a': ${of('integer')}, 'b': ${of('text')}}`),
];

export const SCALAR_RECIPES: Readonly<Record<Family, readonly Recipe[]>> = {
  integer: integers,
  decimal: decimals,
  double: doubles,
  text: texts,
  date: dates,
  timestamp: timestamps,
  boolean: booleans,
  list: lists,
  struct: structs,
};
