import { StoreUnavailableError } from '../errors.ts';

/** SQLite's primary result codes that mean "not now", https://www.sqlite.org/rescode.html. */
const unavailable: Record<number, string> = {
  5: 'the file is locked by another process',
  6: 'a table is locked',
  7: 'out of memory',
  8: 'the file is read-only',
  10: 'disk I/O error',
  13: 'the disk is full',
  14: 'the file can not be opened',
  15: 'locking failed',
};

/** Gives an error of SQLite its type, and leaves every other error as it is. */
export function asStoreError(error: unknown): unknown {
  if (!(error instanceof Error && 'errcode' in error && typeof error.errcode === 'number')) {
    return error;
  }
  // The low byte is the primary code, the rest tells variants apart (SQLITE_IOERR_FSYNC …).
  const reason = unavailable[error.errcode & 0xff];
  return reason === undefined ? error : new StoreUnavailableError(reason, error);
}
