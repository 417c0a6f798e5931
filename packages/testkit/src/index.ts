export { networkCases, type NetworkCase, type NetworkUnderTest } from './network-cases.ts';
export type { TestAddress, TestConnection, TestListener, TestNetwork } from './network-interface.ts';
export { providerCases, type ProviderCase, type ProviderUnderTest } from './provider-cases.ts';
export { forEachSeed, type Seeds } from './seeds.ts';
export { SimulatedClock } from './simulated-clock.ts';
export { NO_FAULTS, SimulatedNetwork, type Death, type Faults, type SimulatedNetworkOptions } from './simulated-network.ts';
export { assembleWasm, wasmVariant } from './wasm/assembly.ts';
export { leanProgramCode, type LeanProgramName } from './wasm/lean-programs.ts';
export { CHANGED_TABLE, FIXED_MEMORY, GROWING_MEMORY, leanProgram, SAME_ITEMS } from './wasm/lean-text.ts';
