/** Places in a bundle to places in the user's files, by the source map that bundling leaves at the bundle's end. */
import { SourceMap, type SourceMapPayload, type SourceMapping } from 'node:module';
import { BUNDLE_FILE } from './prelude.ts';

const MAP_LINE = /\n\/\/# sourceMappingURL=data:application\/json[^,\n]*;base64,([A-Za-z0-9+/=]+)\s*$/;
const PLACE = /\(?([^\s()]+):(\d+):(\d+)\)?$/;

export interface SplitBundle {
  /** Without the map. */
  readonly code: string;
  readonly map: string | null;
}

export function splitBundle(bundle: string): SplitBundle {
  const at = bundle.lastIndexOf('\n//# sourceMappingURL=');
  const map = at < 0 ? null : (MAP_LINE.exec(bundle.slice(at))?.[1] ?? null);
  return map === null ? { code: bundle, map: null } : { code: bundle.slice(0, at + 1), map: Buffer.from(map, 'base64').toString('utf8') };
}

/** A stack trace, and a place `file:line:column`, in terms of the user's files. A map that is no map changes nothing. */
export class SourceLines {
  readonly #map: SourceMap | null;

  constructor(map: string | null) {
    this.#map = map === null ? null : parseMap(map);
  }

  stack(stack: string): string {
    return stack
      .split('\n')
      .map((line) => line.replace(PLACE, (whole, file: string, row: string, column: string) => whole.replace(`${file}:${row}:${column}`, this.place(file, Number(row), Number(column)))))
      .join('\n');
  }

  place(file: string, line: number, column: number): string {
    const entry = file === BUNDLE_FILE ? (this.#map?.findEntry(line - 1, column - 1) as Partial<SourceMapping> | undefined) : undefined;
    if (entry?.originalSource === undefined || entry.originalLine === undefined || entry.originalColumn === undefined) return `${file}:${line}:${column}`;
    return `${entry.originalSource.replace(/^(\.\.?\/)+/, '')}:${entry.originalLine + 1}:${entry.originalColumn + 1}`;
  }
}

function parseMap(text: string): SourceMap | null {
  try {
    return new SourceMap(JSON.parse(text) as SourceMapPayload);
  } catch {
    return null;
  }
}
