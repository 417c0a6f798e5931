/** In a few words how runs of a function are kept apart. */
import type { Isolation } from '@pappus/api';

const ABI: Readonly<Record<Isolation['abi'], string>> = { wasi: 'WASI', lean: 'lean interface', javascript: 'JavaScript' };

export const isolationText = ({ mode, abi }: Isolation): string => `${ABI[abi]}, ${mode} between runs`;
