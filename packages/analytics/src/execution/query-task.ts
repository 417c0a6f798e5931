/** Turns a stage plan into what each worker is to do. Workers have the ranks 0 to workers - 1, the driver the one behind. */
import { defined, unreachable } from '@pappus/core';
import type { ColumnChunk, RowGroup, Table } from '../catalog/table.ts';
import { splitScan, wholeScan, type ScanPiece } from '../catalog/scan-split.ts';
import type { FragmentOutput, Routing } from '../engine/fragment.ts';
import { WORKER_MACRO } from '../plan/stages/cut.ts';
import type { Stage, StageEdge, StageOutput, StagePlan, StageScan } from '../plan/stages/stage.ts';
import type { ShapedPlan } from './result-form.ts';
import type { EdgeTask, FilePart, FragmentTask, QueryTask } from './task.ts';

export interface TaskOptions {
  readonly query: string;
  readonly workers: number;
  /** How rows travel between stages. Results always go to the driver directly. */
  readonly transport: 'direct' | 'store';
  readonly tables: ReadonlyMap<string, Table>;
  /** Files are objects, whose chunks a worker fetches. */
  readonly remote: boolean;
}

/** The task of each worker, by rank. */
export function queryTasks(plan: ShapedPlan, options: TaskOptions): readonly QueryTask[] {
  const placed = place(plan, options.workers);
  const edges = plan.edges.map((edge) => edgeTask(edge, placed, options));
  const scans = new Map(plan.stages.flatMap((stage) => stage.scans.map((scan) => [scan, scanParts(scan, stage, options)] as const)));
  return Array.from({ length: options.workers }, (_, rank) => ({
    query: options.query,
    edges,
    rank,
    fragments: plan.stages.flatMap((stage) => {
      const fragment = ranksOf(placed, stage.id).indexOf(rank);
      return fragment < 0 ? [] : [fragmentTask(plan, edges, stage, fragment, scans)];
    }),
  }));
}

/** The ranks that run a stage, by fragment. */
type Placement = ReadonlyMap<number, readonly number[]>;

const ranksOf = (placement: Placement, stage: number): readonly number[] => defined(placement.get(stage), `ranks of stage ${stage}`);

/** Stages that need few workers take turns, so that those which wait for nothing of each other run side by side. */
function place(plan: StagePlan, workers: number): Placement {
  let next = 0;
  return new Map(plan.stages.map(({ id, fragments }) => {
    const first = fragments === workers ? 0 : next;
    next = (first + fragments) % workers;
    return [id, Array.from({ length: fragments }, (_, fragment) => (first + fragment) % workers)];
  }));
}

function edgeTask(edge: StageEdge, placement: Placement, options: TaskOptions): EdgeTask {
  const consumers = edge.consumer === null ? [options.workers] : ranksOf(placement, edge.consumer);
  const transport = edge.consumer === null ? 'direct' : options.transport;
  return { edge: edge.id, transport, producers: ranksOf(placement, edge.producer), consumers };
}

function fragmentTask(plan: ShapedPlan, edges: readonly EdgeTask[], stage: Stage, fragment: number, scans: ReadonlyMap<StageScan, readonly (readonly FilePart[])[]>): FragmentTask {
  return {
    stage: stage.id,
    fragment,
    sql: stage.sql.replaceAll(WORKER_MACRO, String(fragment)),
    columns: stage.columns,
    scans: stage.scans.map((scan) => ({ view: scan.view, columns: scan.columns, parts: defined(scans.get(scan)?.[fragment], scan.view) })),
    whole: plan.wholeReason !== null,
    inputs: stage.inputs,
    outputs: stage.outputs.map((output) => fragmentOutput(edges, output, fragment)),
    parquet: stage.outputs.some((output) => output.edge === plan.resultEdge) ? plan.parquet : null,
  };
}

function fragmentOutput(edges: readonly EdgeTask[], output: StageOutput, fragment: number): FragmentOutput {
  const edge = defined(edges.find((candidate) => candidate.edge === output.edge), `edge ${output.edge}`);
  return { edge: output.edge, consumers: edge.consumers.length, routing: routingOf(output, fragment) };
}

function routingOf(output: StageOutput, fragment: number): Routing {
  switch (output.routing) {
    case 'hash':
      return { kind: 'column', column: defined(output.column, 'routing column') };
    case 'broadcast':
      return { kind: 'all' };
    case 'gather':
    case 'result':
      return { kind: 'one', consumer: 0 };
    case 'forward':
      return { kind: 'one', consumer: fragment };
    default:
      return unreachable(output.routing, 'routing');
  }
}

/** For each fragment, the files and rows that a scan reads there. */
function scanParts(scan: StageScan, stage: Stage, options: TaskOptions): readonly (readonly FilePart[])[] {
  const table = defined(options.tables.get(scan.table), `table ${scan.table}`);
  const names = scan.columns.map((column) => column.name);
  const count = stage.fragments;
  const pieces = scan.split ? splitScan(table, names, scan.ranges, count) : Array.from({ length: count }, () => wholeScan(table, scan.ranges));
  return pieces.map((list) => list.map((piece) => filePart(table, piece, options.remote ? names : [])));
}

/** `columns` are those to be fetched: none of a local file. */
function filePart(table: Table, piece: ScanPiece, columns: readonly string[]): FilePart {
  const file = defined(table.files[piece.file], `file of ${table.name}`);
  const chunks = [...piece.rowGroups.flatMap((group) => chunksOf(group.chunks, columns)), ...file.rowGroups.flatMap((group) => chunksOf(group.bloomFilters, columns))];
  return { path: file.path, version: file.version, sizeBytes: file.sizeBytes, footerBytes: file.footerBytes, firstRow: piece.firstRow, rows: piece.rows, whole: piece.whole, chunks };
}

// Bloom filters come of all row groups: DuckDB may look into one before it sees that the row group is not asked for.
const chunksOf = (chunks: RowGroup['chunks'], columns: readonly string[]): readonly ColumnChunk[] => columns.flatMap((column) => chunks.get(column) ?? []);
