/**
 * The foreign interface: every function of DuckDB's C API that we call, with its types.
 *
 * All pointers are plain numbers (`uintptr_t`): user-space addresses stay below 2^48, numbers allocate nothing,
 * and a call then costs 60 ns. Out-parameters are addresses of native memory (`memory.ts`). Handles that C passes
 * by value are pointers themselves, so "destroy" functions take the address of a cell that holds the handle.
 */
import koffi, { type TypeObject } from 'koffi';

/** An address, or a handle that is one. 0 is NULL. */
export type Pointer = number;

type P = Pointer;
type Setter = (a: P, b: P) => void;

export interface DuckDb {
  // database, connection
  readonly createConfig: (outConfig: P) => number;
  readonly setConfig: (config: P, name: string, value: string) => number;
  readonly destroyConfig: (cell: P) => void;
  readonly openExt: (path: string | null, outDatabase: P, config: P, outError: P) => number;
  readonly close: (cell: P) => void;
  readonly connect: (database: P, outConnection: P) => number;
  readonly disconnect: (cell: P) => void;
  readonly interrupt: (connection: P) => void;
  readonly free: (memory: P) => void;
  // results
  readonly query: (connection: P, sql: string, outResult: P) => number;
  readonly resultError: (result: P) => string | null;
  readonly resultErrorType: (result: P) => number;
  readonly destroyResult: (result: P) => void;
  readonly columnCount: (result: P) => number;
  readonly rowCount: (result: P) => number;
  readonly valueVarchar: (result: P, column: number, row: number) => P;
  // prepared statements
  readonly prepare: (connection: P, sql: string, outStatement: P) => number;
  readonly prepareError: (statement: P) => string | null;
  readonly destroyPrepare: (cell: P) => void;
  readonly preparedColumnType: (statement: P, column: number) => P;
  // logical types
  readonly createLogicalType: (id: number) => P;
  readonly destroyLogicalType: (cell: P) => void;
  readonly getTypeId: (type: P) => number;
  readonly decimalInternalType: (type: P) => number;
  readonly decimalWidth: (type: P) => number;
  readonly decimalScale: (type: P) => number;
  readonly enumInternalType: (type: P) => number;
  readonly enumDictionarySize: (type: P) => number;
  readonly enumDictionaryValue: (type: P, index: number) => P;
  readonly listTypeChild: (type: P) => P;
  readonly arrayTypeChild: (type: P) => P;
  readonly arrayTypeSize: (type: P) => number;
  readonly mapTypeKey: (type: P) => P;
  readonly mapTypeValue: (type: P) => P;
  readonly structTypeChildCount: (type: P) => number;
  readonly structTypeChildName: (type: P, index: number) => P;
  readonly structTypeChildType: (type: P, index: number) => P;
  readonly unionTypeMemberCount: (type: P) => number;
  readonly unionTypeMemberName: (type: P, index: number) => P;
  readonly unionTypeMemberType: (type: P, index: number) => P;
  // data chunks, vectors, selections
  readonly createDataChunk: (types: P, count: number) => P;
  readonly destroyDataChunk: (cell: P) => void;
  readonly dataChunkReset: (chunk: P) => void;
  readonly dataChunkSize: (chunk: P) => number;
  readonly dataChunkSetSize: Setter;
  readonly dataChunkVector: (chunk: P, column: number) => P;
  readonly vectorData: (vector: P) => P;
  readonly vectorValidity: (vector: P) => P;
  readonly vectorEnsureValidityWritable: (vector: P) => void;
  readonly listChild: (vector: P) => P;
  readonly listSize: (vector: P) => number;
  readonly listSetSize: (vector: P, size: number) => number;
  readonly listReserve: (vector: P, capacity: number) => number;
  readonly structChild: (vector: P, index: number) => P;
  readonly arrayChild: (vector: P) => P;
  /** Copies the rows `selection[from..to)` of `source` behind `targetOffset` of `target`. */
  readonly vectorCopySel: (source: P, target: P, selection: P, to: number, from: number, targetOffset: number) => void;
  readonly vectorReferenceVector: (target: P, source: P) => void;
  readonly createSelectionVector: (size: number) => P;
  readonly destroySelectionVector: (selection: P) => void;
  readonly selectionData: (selection: P) => P;
  // Arrow
  readonly connectionArrowOptions: (connection: P, outOptions: P) => void;
  readonly destroyArrowOptions: (cell: P) => void;
  readonly dataChunkToArrow: (options: P, chunk: P, outArray: P) => P;
  readonly toArrowSchema: (options: P, types: P, names: P, count: number, outSchema: P) => P;
  readonly schemaFromArrow: (connection: P, schema: P, outConverted: P) => P;
  readonly destroyArrowConvertedSchema: (cell: P) => void;
  readonly dataChunkFromArrow: (connection: P, array: P, converted: P, outChunk: P) => P;
  readonly errorDataMessage: (error: P) => string | null;
  readonly destroyErrorData: (cell: P) => void;
  // table functions
  readonly createTableFunction: () => P;
  readonly destroyTableFunction: (cell: P) => void;
  readonly tableFunctionSetName: (fn: P, name: string) => void;
  readonly tableFunctionAddParameter: Setter;
  readonly tableFunctionSetBind: Setter;
  readonly tableFunctionSetInit: Setter;
  readonly tableFunctionSetFunction: Setter;
  readonly tableFunctionProjectionPushdown: Setter;
  readonly registerTableFunction: (connection: P, fn: P) => number;
  readonly bindGetParameter: (info: P, index: number) => P;
  readonly bindAddResultColumn: (info: P, name: string, type: P) => void;
  readonly bindSetCardinality: (info: P, rows: number, exact: number) => void;
  readonly bindSetBindData: (info: P, data: P, destroy: P) => void;
  readonly bindSetError: (info: P, message: string) => void;
  readonly initGetBindData: (info: P) => P;
  readonly initSetMaxThreads: Setter;
  readonly initColumnCount: (info: P) => number;
  /** A bigint near 2^64 for DuckDB's virtual columns. */
  readonly initColumnIndex: (info: P, index: number) => number | bigint;
  readonly initSetError: (info: P, message: string) => void;
  readonly functionGetBindData: (info: P) => P;
  readonly functionSetError: (info: P, message: string) => void;
  readonly getInt64: (value: P) => number;
  readonly destroyValue: (cell: P) => void;
  // copy functions
  readonly createCopyFunction: () => P;
  readonly destroyCopyFunction: (cell: P) => void;
  readonly copyFunctionSetName: (fn: P, name: string) => void;
  readonly copyFunctionSetBind: Setter;
  readonly copyFunctionSetGlobalInit: Setter;
  readonly copyFunctionSetSink: Setter;
  readonly copyFunctionSetFinalize: Setter;
  readonly registerCopyFunction: (connection: P, fn: P) => number;
  readonly copyBindColumnCount: (info: P) => number;
  readonly copyBindColumnType: (info: P, column: number) => P;
  readonly copyBindSetError: (info: P, message: string) => void;
  readonly copySinkSetError: (info: P, message: string) => void;
  // profile of the connection's last statement
  readonly getProfilingInfo: (connection: P) => P;
  readonly profilingInfoGetValue: (info: P, key: string) => P;
  readonly getVarchar: (value: P) => P;
}

/** C prototypes; the names in `DuckDb` follow the C names. `p` stands for uintptr_t, `n` for uint64_t, `s` for const char*. */
const prototypes: { readonly [Name in keyof DuckDb]: string } = {
  createConfig: 'int duckdb_create_config(p)',
  setConfig: 'int duckdb_set_config(p, s, s)',
  destroyConfig: 'void duckdb_destroy_config(p)',
  openExt: 'int duckdb_open_ext(s, p, p, p)',
  close: 'void duckdb_close(p)',
  connect: 'int duckdb_connect(p, p)',
  disconnect: 'void duckdb_disconnect(p)',
  interrupt: 'void duckdb_interrupt(p)',
  free: 'void duckdb_free(p)',
  query: 'int duckdb_query(p, s, p)',
  resultError: 's duckdb_result_error(p)',
  resultErrorType: 'int duckdb_result_error_type(p)',
  destroyResult: 'void duckdb_destroy_result(p)',
  columnCount: 'n duckdb_column_count(p)',
  rowCount: 'n duckdb_row_count(p)',
  valueVarchar: 'p duckdb_value_varchar(p, n, n)',
  prepare: 'int duckdb_prepare(p, s, p)',
  prepareError: 's duckdb_prepare_error(p)',
  destroyPrepare: 'void duckdb_destroy_prepare(p)',
  preparedColumnType: 'p duckdb_prepared_statement_column_logical_type(p, n)',
  createLogicalType: 'p duckdb_create_logical_type(int)',
  destroyLogicalType: 'void duckdb_destroy_logical_type(p)',
  getTypeId: 'int duckdb_get_type_id(p)',
  decimalInternalType: 'int duckdb_decimal_internal_type(p)',
  decimalWidth: 'uint8_t duckdb_decimal_width(p)',
  decimalScale: 'uint8_t duckdb_decimal_scale(p)',
  enumInternalType: 'int duckdb_enum_internal_type(p)',
  enumDictionarySize: 'uint32_t duckdb_enum_dictionary_size(p)',
  enumDictionaryValue: 'p duckdb_enum_dictionary_value(p, n)',
  listTypeChild: 'p duckdb_list_type_child_type(p)',
  arrayTypeChild: 'p duckdb_array_type_child_type(p)',
  arrayTypeSize: 'n duckdb_array_type_array_size(p)',
  mapTypeKey: 'p duckdb_map_type_key_type(p)',
  mapTypeValue: 'p duckdb_map_type_value_type(p)',
  structTypeChildCount: 'n duckdb_struct_type_child_count(p)',
  structTypeChildName: 'p duckdb_struct_type_child_name(p, n)',
  structTypeChildType: 'p duckdb_struct_type_child_type(p, n)',
  unionTypeMemberCount: 'n duckdb_union_type_member_count(p)',
  unionTypeMemberName: 'p duckdb_union_type_member_name(p, n)',
  unionTypeMemberType: 'p duckdb_union_type_member_type(p, n)',
  createDataChunk: 'p duckdb_create_data_chunk(p, n)',
  destroyDataChunk: 'void duckdb_destroy_data_chunk(p)',
  dataChunkReset: 'void duckdb_data_chunk_reset(p)',
  dataChunkSize: 'n duckdb_data_chunk_get_size(p)',
  dataChunkSetSize: 'void duckdb_data_chunk_set_size(p, n)',
  dataChunkVector: 'p duckdb_data_chunk_get_vector(p, n)',
  vectorData: 'p duckdb_vector_get_data(p)',
  vectorValidity: 'p duckdb_vector_get_validity(p)',
  vectorEnsureValidityWritable: 'void duckdb_vector_ensure_validity_writable(p)',
  listChild: 'p duckdb_list_vector_get_child(p)',
  listSize: 'n duckdb_list_vector_get_size(p)',
  listSetSize: 'int duckdb_list_vector_set_size(p, n)',
  listReserve: 'int duckdb_list_vector_reserve(p, n)',
  structChild: 'p duckdb_struct_vector_get_child(p, n)',
  arrayChild: 'p duckdb_array_vector_get_child(p)',
  vectorCopySel: 'void duckdb_vector_copy_sel(p, p, p, n, n, n)',
  vectorReferenceVector: 'void duckdb_vector_reference_vector(p, p)',
  createSelectionVector: 'p duckdb_create_selection_vector(n)',
  destroySelectionVector: 'void duckdb_destroy_selection_vector(p)',
  selectionData: 'p duckdb_selection_vector_get_data_ptr(p)',
  connectionArrowOptions: 'void duckdb_connection_get_arrow_options(p, p)',
  destroyArrowOptions: 'void duckdb_destroy_arrow_options(p)',
  dataChunkToArrow: 'p duckdb_data_chunk_to_arrow(p, p, p)',
  toArrowSchema: 'p duckdb_to_arrow_schema(p, p, p, n, p)',
  schemaFromArrow: 'p duckdb_schema_from_arrow(p, p, p)',
  destroyArrowConvertedSchema: 'void duckdb_destroy_arrow_converted_schema(p)',
  dataChunkFromArrow: 'p duckdb_data_chunk_from_arrow(p, p, p, p)',
  errorDataMessage: 's duckdb_error_data_message(p)',
  destroyErrorData: 'void duckdb_destroy_error_data(p)',
  createTableFunction: 'p duckdb_create_table_function()',
  destroyTableFunction: 'void duckdb_destroy_table_function(p)',
  tableFunctionSetName: 'void duckdb_table_function_set_name(p, s)',
  tableFunctionAddParameter: 'void duckdb_table_function_add_parameter(p, p)',
  tableFunctionSetBind: 'void duckdb_table_function_set_bind(p, p)',
  tableFunctionSetInit: 'void duckdb_table_function_set_init(p, p)',
  tableFunctionSetFunction: 'void duckdb_table_function_set_function(p, p)',
  tableFunctionProjectionPushdown: 'void duckdb_table_function_supports_projection_pushdown(p, p)',
  registerTableFunction: 'int duckdb_register_table_function(p, p)',
  bindGetParameter: 'p duckdb_bind_get_parameter(p, n)',
  bindAddResultColumn: 'void duckdb_bind_add_result_column(p, s, p)',
  bindSetCardinality: 'void duckdb_bind_set_cardinality(p, n, p)',
  bindSetBindData: 'void duckdb_bind_set_bind_data(p, p, p)',
  bindSetError: 'void duckdb_bind_set_error(p, s)',
  initGetBindData: 'p duckdb_init_get_bind_data(p)',
  initSetMaxThreads: 'void duckdb_init_set_max_threads(p, n)',
  initColumnCount: 'n duckdb_init_get_column_count(p)',
  initColumnIndex: 'n duckdb_init_get_column_index(p, n)',
  initSetError: 'void duckdb_init_set_error(p, s)',
  functionGetBindData: 'p duckdb_function_get_bind_data(p)',
  functionSetError: 'void duckdb_function_set_error(p, s)',
  getInt64: 'int64_t duckdb_get_int64(p)',
  destroyValue: 'void duckdb_destroy_value(p)',
  createCopyFunction: 'p duckdb_create_copy_function()',
  destroyCopyFunction: 'void duckdb_destroy_copy_function(p)',
  copyFunctionSetName: 'void duckdb_copy_function_set_name(p, s)',
  copyFunctionSetBind: 'void duckdb_copy_function_set_bind(p, p)',
  copyFunctionSetGlobalInit: 'void duckdb_copy_function_set_global_init(p, p)',
  copyFunctionSetSink: 'void duckdb_copy_function_set_sink(p, p)',
  copyFunctionSetFinalize: 'void duckdb_copy_function_set_finalize(p, p)',
  registerCopyFunction: 'int duckdb_register_copy_function(p, p)',
  copyBindColumnCount: 'n duckdb_copy_function_bind_get_column_count(p)',
  copyBindColumnType: 'p duckdb_copy_function_bind_get_column_type(p, n)',
  copyBindSetError: 'void duckdb_copy_function_bind_set_error(p, s)',
  copySinkSetError: 'void duckdb_copy_function_sink_set_error(p, s)',
  getProfilingInfo: 'p duckdb_get_profiling_info(p)',
  profilingInfoGetValue: 'p duckdb_profiling_info_get_value(p, s)',
  getVarchar: 'p duckdb_get_varchar(p)',
};

const abbreviations: Readonly<Record<string, string>> = { p: 'uintptr_t', n: 'uint64_t', s: 'const char*' };

const expand = (prototype: string): string => prototype.replace(/\b[pns]\b/g, (letter) => abbreviations[letter] ?? letter);

export interface LoadedLibrary {
  readonly api: DuckDb;
  /** memcpy, with addresses. */
  readonly copyMemory: (target: Pointer, source: Pointer, bytes: number) => void;
  /** A native function without any effect, for Arrow's release callbacks. */
  readonly noop: Pointer;
}

/** Loads libduckdb into the process, once per thread. */
export function loadLibrary(path: string): LoadedLibrary {
  // DuckDB's planner recurses; koffi runs native code on a stack of its own.
  koffi.config({ sync_stack_size: 8 * 1024 * 1024 });
  const library = koffi.load(path);
  const entries = Object.entries(prototypes).map(([name, prototype]) => [name, library.func(expand(prototype))]);
  const copyMemory = koffi.load(null).func('void memcpy(uintptr_t, uintptr_t, size_t)');
  return {
    api: Object.fromEntries(entries) as DuckDb,
    copyMemory: copyMemory as unknown as LoadedLibrary['copyMemory'],
    noop: Number(koffi.address(library.symbol('duckdb_vector_size'))),
  };
}

/** Only `interrupt`, for a thread that does not drive DuckDB itself. */
export function loadInterrupt(path: string): (connection: Pointer) => void {
  return koffi.load(path).func('void duckdb_interrupt(uintptr_t)') as (connection: Pointer) => void;
}

export const addressOf = (buffer: ArrayBuffer): Pointer => Number(koffi.address(buffer));

/** Native memory as a buffer, without copying; the caller keeps the memory alive as long as the view is used. */
export const viewOf = (address: Pointer, bytes: number): ArrayBuffer => koffi.view(BigInt(address), bytes);

export const readCString = (address: Pointer): string => koffi.decode.string(BigInt(address));

/** Callbacks run on the calling thread, inside the native call that triggers them. They must not throw. */
export function registerCallback(callback: (a: Pointer, b: Pointer) => void): Pointer {
  callbackType ??= koffi.pointer(koffi.proto('void', ['uintptr_t', 'uintptr_t']));
  return Number(koffi.register(callback, callbackType));
}

let callbackType: TypeObject | undefined;

/** A native `void f(void *)` as a function. */
export function functionAt(address: Pointer): (argument: Pointer) => void {
  releaseType ??= koffi.proto('void', ['uintptr_t']);
  return koffi.decode(BigInt(address), releaseType) as (argument: Pointer) => void;
}

let releaseType: TypeObject | undefined;
