export { createProcessProvider, type ProcessProvider, type ProcessProviderOptions } from './process-provider.ts';
export { describeExit, type Exit, type ExitReason, type Instance, type InstanceSpec, type Provider } from './provider.ts';
