export { BATCH_HEADER } from './batch-header.ts';
export type { EngineErrorCode } from './errors.ts';
