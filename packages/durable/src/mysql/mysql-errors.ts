import { StoreConflictError, StoreUnavailableError } from '../errors.ts';

/** Numbers of server errors that mean "run it again": a deadlock, a lock waited for too long, a changed row. */
const conflicts: readonly unknown[] = [1213, 1205, 1020];

/** Numbers of server errors that mean "not now", https://dev.mysql.com/doc/mysql-errors/en/. */
const unavailable: Record<number, string> = {
  1021: 'the disk of the database server is full',
  1026: 'the database server can not write',
  1040: 'the database server has too many connections',
  1053: 'the database server is shutting down',
  1114: 'a table of the database server is full',
  1129: 'the database server blocks this host',
  1290: 'the database server is read-only',
  1317: 'the statement was interrupted',
  1836: 'the database server is read-only',
  1927: 'the connection was killed',
  3024: 'the statement took too long',
};

/**
 * Gives an error of `mysql2` its type, and leaves every other error as it is. The statement is taken off it:
 * the client fills the values in, and errors are logged.
 */
export function asMysqlStoreError(error: unknown): unknown {
  if (!(error instanceof Error && 'code' in error) || error instanceof StoreUnavailableError) {
    return error;
  }
  if ('sql' in error) delete error.sql;
  const errno = 'errno' in error ? error.errno : undefined;
  if (conflicts.includes(errno)) {
    return new StoreConflictError('another process changes the same rows', error);
  }
  const reason = typeof errno === 'number' ? unavailable[errno] : undefined;
  if (reason !== undefined) return new StoreUnavailableError(reason, error);
  // An error of the socket or of the protocol, and not one that the server sent about a statement.
  const fatal = 'fatal' in error && error.fatal === true;
  const isOfServer = 'sqlState' in error && typeof error.sqlState === 'string';
  if (fatal || ('syscall' in error && !isOfServer) || String(error.code).startsWith('PROTOCOL_')) {
    return new StoreUnavailableError('the database server can not be reached', error);
  }
  return error;
}
