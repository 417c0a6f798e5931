/** What the planner and the scans know of a table: the contents of its Parquet footers. */

export interface ColumnStatistics {
  /** Smallest and largest value as a number: integers, decimals and floats as they are, dates in days, timestamps in microseconds. Null when unknown or no number. */
  readonly min: number | null;
  readonly max: number | null;
  /** Fraction of rows without a value, 0 to 1. */
  readonly nullFraction: number;
  /** Mean bytes of a value in memory. */
  readonly widthBytes: number;
  /** Mean bits of a value in the file, encoded and not compressed: of a dictionary with 2^n values it is about n. */
  readonly encodedBits: number;
}

export interface TableColumn {
  readonly name: string;
  /** A DuckDB type as SQL text. */
  readonly type: string;
  readonly statistics: ColumnStatistics;
}

/** Bytes of one column in one row group, as they lie in the file. */
export interface ColumnChunk {
  readonly offset: number;
  readonly bytes: number;
}

/** Smallest and largest value, in the numbers of `ColumnStatistics`. */
export interface ValueRange {
  readonly min: number;
  readonly max: number;
}

export interface RowGroup {
  readonly rows: number;
  /** Row number of its first row in the file. */
  readonly firstRow: number;
  /** Compressed bytes of all columns. */
  readonly bytes: number;
  /** Chunks by top-level column name; a nested column has several. */
  readonly chunks: ReadonlyMap<string, readonly ColumnChunk[]>;
  /** Of its values that are not NULL, by column; only where the numbers are exact or rounded in order: no floats, no texts. */
  readonly ranges: ReadonlyMap<string, ValueRange>;
  /** By top-level column name; columns without one are absent. */
  readonly bloomFilters: ReadonlyMap<string, readonly ColumnChunk[]>;
}

export interface TableFile {
  /** Absolute path of a local file, or the object's key. */
  readonly path: string;
  readonly sizeBytes: number;
  /** Changes when the content does: an ETag, or size and modification time. */
  readonly version: string;
  /** The file's last bytes: footer, its length and the magic; needed to build a sparse copy. */
  readonly footerBytes: number;
  readonly rowGroups: readonly RowGroup[];
}

export interface Table {
  readonly name: string;
  readonly columns: readonly TableColumn[];
  readonly rows: number;
  readonly files: readonly TableFile[];
}

/** The tables of one `--tables` location, by name. */
export interface Catalog {
  /** `file` when the paths of files are local. */
  readonly kind: 'file' | 's3';
  readonly tables: ReadonlyMap<string, Table>;
}
