/** The composition root of `pappus serve`. */
export { parseServerConfig, readJsonFile, readTokenFile, type ServerConfig, type ServerConfigInput, type TokenConfig } from './config/server-config.ts';
export { startServer, type PappusServer, type ServerServices } from './server.ts';
