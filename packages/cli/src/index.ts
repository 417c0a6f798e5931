export { runCli, type CliStreams } from './program.ts';
