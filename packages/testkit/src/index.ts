export { networkCases, type NetworkCase, type NetworkUnderTest } from './network-cases.ts';
export type { TestAddress, TestConnection, TestListener, TestNetwork } from './network-interface.ts';
export { providerCases, type ProviderCase, type ProviderUnderTest } from './provider-cases.ts';
export { forEachSeed, type Seeds } from './seeds.ts';
export { SimulatedClock } from './simulated-clock.ts';
export { NO_FAULTS, SimulatedNetwork, type Death, type Faults, type SimulatedNetworkOptions } from './simulated-network.ts';
