export { type Clock, systemClock } from './clock/clock.ts';
export type { MysqlClient, OpenSqliteClient } from './database/clients.ts';
export { hasManyWriters, isDuplicateKey, type StorePlace } from './database/database.ts';
export { type ExpectedStore, PERMIT } from './database/expected-store.ts';
export type { Migrations } from './database/migrations.ts';
export { type Counted, keepCounts } from './database/running-counts.ts';
export type { DurableTables } from './database/schema.ts';
export {
  isStoreUnavailable,
  StoreMissingError,
  StoreMisusedError,
  StoreUnavailableError,
  UnrecoverableError,
} from './errors.ts';
export { type Backoff, type BackoffOptions, createBackoff, type Failure } from './job/backoff.ts';
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
} from './job/job.ts';
export type { CountOptions, JobCounts, ListOptions } from './queue/inspect.ts';
export type {
  OperateOptions,
  Queue,
  QueueOptions,
  SettleOptions,
  Within,
} from './queue/queue.ts';
export { type BetterSqlite, betterSqlite } from './sqlite/better-sqlite.ts';
export { openStore, type Store, type StoreOptions } from './store.ts';
export {
  type Breaker,
  type BreakerEvent,
  type BreakerOptions,
  type BreakerState,
  createBreaker,
} from './work/breaker.ts';
export {
  createWorker,
  type Result,
  type Worker,
  type WorkerEvent,
  type WorkerOptions,
} from './worker.ts';
