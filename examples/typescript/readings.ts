/** Rows of a CSV text as objects. Part of the function: bundled into it, not deployed by itself. */

export interface Reading {
  readonly station: string;
  readonly celsius: number;
}

export function parseReadings(text: string): readonly Reading[] {
  const [, ...lines] = text.trim().split(/\r?\n/);
  return lines.map((line, index) => {
    const [station, value] = line.split(',').map((cell) => cell.trim());
    const celsius = Number(value);
    if (station === undefined || value === undefined || Number.isNaN(celsius)) throw new TypeError(`line ${index + 2} is no reading: ${line}`);
    return { station, celsius };
  });
}
