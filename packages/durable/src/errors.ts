import { ProsoraError } from '@prosora/service/errors';

/**
 * The store can not be written or read now: disk full, locked by another process, I/O error, server away.
 *
 * Code `STORE_UNAVAILABLE`. Nothing of the failed transaction was written, and the store works again
 * by itself once the cause is gone: answer 503 and let the sender come back.
 */
export class StoreUnavailableError extends ProsoraError {
  readonly retryable = true;

  constructor(reason: string, cause?: unknown) {
    super('STORE_UNAVAILABLE', `The store can not be used now: ${reason}`, {
      help: 'Check the database server, or the free space and mount of the data directory and which process holds the file open.',
      cause,
    });
  }
}

/** Two processes stood in each other's way, and this one's transaction was undone: to be run again. */
export class StoreConflictError extends StoreUnavailableError {}

/** The store was used in a way that can never work, e.g. opened by an older version. Code `STORE_MISUSED`. */
export class StoreMisusedError extends ProsoraError {
  readonly retryable = false;

  constructor(message: string, help: string, cause?: unknown) {
    super('STORE_MISUSED', message, { help, cause });
  }
}

/**
 * A store that has to be there is not: its volume may not be mounted, and an empty one in its place would be a
 * silent loss. Code `STORE_MISSING`. Nothing was made.
 */
export class StoreMissingError extends ProsoraError {
  readonly retryable = false;

  constructor(message: string, help: string) {
    super('STORE_MISSING', message, { help });
  }
}

/**
 * Thrown by a handler to say that trying again is useless: the job becomes a dead letter at once.
 *
 * Any error with `retryable: false` does the same; this class is for handlers without one of their own.
 */
export class UnrecoverableError extends ProsoraError {
  readonly retryable = false;

  constructor(message: string, cause?: unknown) {
    super('JOB_UNRECOVERABLE', message, { cause });
  }
}

/** Whether an error says by itself that trying again is useless: `retryable` is `false`. */
export function isUnrecoverable(error: unknown): boolean {
  return error instanceof Error && 'retryable' in error && error.retryable === false;
}

/** Whether an error is `STORE_UNAVAILABLE`, told by its code since this package may be bundled twice. */
export function isStoreUnavailable(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'STORE_UNAVAILABLE';
}
