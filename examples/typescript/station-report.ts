/**
 * A function in TypeScript: readings of weather stations as CSV, their minimum, mean and maximum as JSON, an item for
 * each station. The names of the sets stand in the source; whatever it imports is bundled with it.
 */
import type { Inputs, Outputs } from '@pappus/platform';
import { parseReadings } from './readings.ts';

export const inputs = ['readings'];
export const outputs = ['stations'];

export default function ({ readings }: Inputs<'readings'>): Outputs<'stations'> {
  const values = new Map<string, number[]>();
  for (const file of readings) {
    for (const { station, celsius } of parseReadings(file.text())) values.set(station, [...(values.get(station) ?? []), celsius]);
  }
  console.log(`${readings.length} files, ${values.size} stations`);
  const stations = [...values].map(([name, list]) => ({
    name: `${name}.json`,
    data: { station: name, readings: list.length, min: Math.min(...list), mean: round(list.reduce((sum, value) => sum + value, 0) / list.length), max: Math.max(...list) },
  }));
  return { stations };
}

const round = (value: number): number => Math.round(value * 100) / 100;
