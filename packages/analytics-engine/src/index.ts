export type { EngineErrorCode } from './errors.ts';
export { BATCH_HEADER } from './ingest/batch-header.ts';
