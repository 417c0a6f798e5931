import { expect, it } from 'vitest';
import { uniqueNames } from './result-form.ts';

it('gives repeated names a number, whatever their case', () => {
  expect(uniqueNames(['id', 'ID', 'id_1', 'id', 'name'])).toEqual(['id', 'ID_1', 'id_1_1', 'id_2', 'name']);
});
