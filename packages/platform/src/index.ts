/** Functions as true functions: what the server builds its parts from. */
export { type Item, type ItemSet, type Sets } from './sets/item.ts';
export { PIECED_FROM_BYTES } from './sets/limits.ts';
export { PiecedItem } from './sets/pieced-item.ts';
export { itemNameProblem, setNameProblem } from './sets/item-name.ts';
export { decodeSets, encodeSets, encodeSetsWhole, frameBytes, frameHead, lengthOf } from './sets/set-frame.ts';
export { decodeFrames, readFrames } from './sets/set-frames.ts';

// The registry on disk, results kept in memory, and the core split.
export { ResultCache, type Computation, type HitCounts, type Memoized, type ResultCacheOptions, type ResultCacheStats } from './cache/result-cache.ts';
export { isMemoizable, resultKey, type ResultKey } from './cache/result-key.ts';
export { CoreController, type CoreControllerOptions, type CoreControllerStats } from './control/core-controller.ts';
export { DEFAULT_TUNING, type CoreSplit, type QueueSample, type SplitSample, type SplitTuning } from './control/core-split.ts';
export { functionHash } from './registry/content-hash.ts';
export { isName, parseReference, type Reference } from './registry/reference.ts';
export {
  Registry,
  type CompositionDeployment,
  type DeployedVersion,
  type Deployment,
  type FunctionDeployment,
  type RegistryOptions,
  type RegistryStats,
  type Removal,
} from './registry/registry.ts';
export { CurrentModules } from './registry/current-modules.ts';
export { signatureOf, type BlobRef, type CompositionVersion, type Description, type FunctionVersion, type Listing, type Version } from './registry/version.ts';

// Engine processes.
export { type ComputeEngine, type EngineFailure, type EngineStats, type FunctionSource, type RunSpan, type Segment, type SegmentResult, type SegmentTask, type StepLog } from './engine/compute-engine.ts';
export { createComputeEngine, type ComputeEngineOptions } from './engine/create-compute-engine.ts';
export { keepFreedMemory } from './engine/freed-memory.ts';
export { type RunFailure, type RunLog } from './sandbox/sandbox.ts';

// Dataflow: plans of compositions, and the dispatcher that runs them.
export { Dispatcher } from './dataflow/dispatcher.ts';
export { type DispatcherOptions, type DispatcherStats, type InvocationOutcome, type InvokeOptions } from './dataflow/invoke-options.ts';
export type { FunctionLog } from './dataflow/job-logs.ts';
export type { InvocationFailure, PlatformFailure } from './dataflow/failure.ts';
export type { FlowLimits, Inlet, InputSource, OutputSink } from './dataflow/flow.ts';
export type { InvocationResult } from './dataflow/running-plan.ts';
export { RETRY_AFTER_MS } from './dataflow/limits.ts';
export { LiveSet, type LiveEntry } from './dataflow/live-set.ts';
export { flowsIn, type Callee, type Plan } from './dataflow/plan.ts';
export { planFunction, planGraph, type Resolve } from './dataflow/plan-graph.ts';
export { Trace, type TraceSpan } from './dataflow/trace.ts';

// The platform's own functions.
export { openFilesFunction, type FilesFunctionOptions } from './io/files/files-function.ts';
export { LOOKUP_POOL_THREADS } from './io/limits.ts';
export { httpFunction } from './io/http/http-function.ts';
export type { HttpFunctionOptions } from './io/http/http-settings.ts';
export { ioTable, type IoFailure, type IoFunction, type IoTable } from './io/io-function.ts';

// For whoever deploys: TypeScript and JavaScript to the module that a function is.
export { bundleFunction, type Bundle } from './javascript/bundle.ts';

// What functions in TypeScript take and give.
export type { Inputs, Outputs, RunContext } from './javascript/function-types.ts';
