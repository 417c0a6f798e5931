import { expect, it } from 'vitest';
import { tableFiles } from './table-files.ts';

it('takes files and folders of files, in order, and leaves out hidden ones and folders of folders', () => {
  const paths = ['b.parquet', 'a/2.parquet', 'a/1.parquet', 'a/_temporary.parquet', '.hidden.parquet', '_logs/x.parquet', 'a/deep/x.parquet', 'readme.txt', 'c/notes.txt', ''];
  expect([...tableFiles(paths, 'here')]).toEqual([['a', ['a/1.parquet', 'a/2.parquet']], ['b', ['b.parquet']]]);
});

it('refuses a file and a folder of one name', () => {
  expect(() => tableFiles(['a.parquet', 'a/1.parquet'], 'here')).toThrow('two tables are called a');
  expect(() => tableFiles(['a/1.parquet', 'a.parquet'], 'here')).toThrow('two tables are called a');
});

it('refuses a table of too many files, and a place without any', () => {
  expect(() => tableFiles(Array.from({ length: 10_001 }, (_, file) => `t/${file}.parquet`), 'here')).toThrow(/table t has more than 10000 files, at here/);
  expect(() => tableFiles(['notes.txt'], 'here')).toThrow('no Parquet file in here');
});
