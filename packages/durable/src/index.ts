export { type Backoff, type BackoffOptions, createBackoff, type Failure } from './backoff.ts';
export {
  type Breaker,
  type BreakerEvent,
  type BreakerOptions,
  type BreakerState,
  createBreaker,
} from './breaker.ts';
export { type Clock, systemClock } from './clock.ts';
export { hasManyWriters, isDuplicateKey } from './database.ts';
export {
  isStoreUnavailable,
  StoreMissingError,
  StoreMisusedError,
  StoreUnavailableError,
  UnrecoverableError,
} from './errors.ts';
export { type ExpectedStore, PERMIT } from './expected-store.ts';
export type { ListOptions } from './inspect.ts';
export {
  type AddOptions,
  type AddOutcome,
  type AttemptRecord,
  type Job,
  type JobRecord,
  type JobState,
  pendingStates,
  type Settlement,
  settledStates,
} from './job.ts';
export type { Migrations } from './migrations.ts';
export type { Queue, QueueOptions, SettleOptions, Within } from './queue.ts';
export type { DurableTables } from './schema.ts';
export { openStore, type Store, type StoreOptions, type StorePlace } from './store.ts';
export {
  createWorker,
  type Result,
  type Worker,
  type WorkerEvent,
  type WorkerOptions,
} from './worker.ts';
