export type { Config, ReloadReport } from './config.ts';
export { ConfigurationFileError, type FilePosition } from './configuration-file-error.ts';
export type { Environment } from './environment.ts';
export { type LoadConfigOptions, loadConfig } from './load-config.ts';
