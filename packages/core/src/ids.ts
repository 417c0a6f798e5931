/**
 * Branded identifiers. A plain string or number becomes one only through its parser, so a rank cannot be
 * passed where a generation is expected and nothing unchecked from a wire is taken for an id.
 */
import { AppError } from './errors.ts';

declare const brand: unique symbol;
export type Brand<T, Name extends string> = T & { readonly [brand]: Name };

/** An instance's number in its group, from 0. */
export type Rank = Brand<number, 'Rank'>;
/** How often the instance at a rank was replaced, from 0. */
export type Generation = Brand<number, 'Generation'>;
export type InstanceId = Brand<string, 'InstanceId'>;
export type GroupId = Brand<string, 'GroupId'>;
export type QueryId = Brand<string, 'QueryId'>;
export type StageId = Brand<number, 'StageId'>;
export type EdgeId = Brand<number, 'EdgeId'>;

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;
const MAX_NUMBER = 0xffff_ffff;

function parseName<T extends string>(kind: string, value: unknown): T {
  if (typeof value === 'string' && NAME.test(value)) return value as T;
  throw new AppError('invalid-argument', `${kind} must be 1 to 128 letters, digits, '.', '_' or '-', got ${JSON.stringify(value)}`);
}

function parseNumber<T extends number>(kind: string, value: unknown): T {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= MAX_NUMBER) return value as T;
  throw new AppError('invalid-argument', `${kind} must be a whole number from 0 to ${MAX_NUMBER}, got ${JSON.stringify(value)}`);
}

export const parseRank = (value: unknown): Rank => parseNumber('rank', value);
export const parseGeneration = (value: unknown): Generation => parseNumber('generation', value);
export const parseStageId = (value: unknown): StageId => parseNumber('stage', value);
export const parseEdgeId = (value: unknown): EdgeId => parseNumber('edge', value);
export const parseInstanceId = (value: unknown): InstanceId => parseName('instance id', value);
export const parseGroupId = (value: unknown): GroupId => parseName('group id', value);
export const parseQueryId = (value: unknown): QueryId => parseName('query id', value);
