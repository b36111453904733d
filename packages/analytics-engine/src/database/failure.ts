import { EngineError, type EngineErrorCode } from '../errors.ts';
import type { DatabaseFailure, Task } from './messages.ts';

/** ClickHouse's error numbers that mean the same for whatever was asked (its ErrorCodes.cpp). */
const CODE_OF: Record<number, EngineErrorCode> = {
  159: 'QUERY_TIMEOUT', // TIMEOUT_EXCEEDED
  202: 'DATABASE_EXHAUSTED', // TOO_MANY_SIMULTANEOUS_QUERIES
  236: 'DATABASE_UNAVAILABLE', // ABORTED: a thread crashed, and the process is ending
  241: 'DATABASE_EXHAUSTED', // MEMORY_LIMIT_EXCEEDED
  243: 'DATABASE_EXHAUSTED', // NOT_ENOUGH_SPACE
  252: 'DATABASE_EXHAUSTED', // TOO_MANY_PARTS
  396: 'RESULT_TOO_LARGE', // TOO_MANY_ROWS_OR_BYTES
};
const LONGEST_MESSAGE = 500;

/** The engine's error for what ClickHouse refused. */
export function engineErrorOf(failure: DatabaseFailure, kind: Task['kind']): EngineError {
  const message = failure.message.slice(0, LONGEST_MESSAGE);
  const context = { clickhouseCode: failure.clickhouseCode };
  return new EngineError(codeOf(failure, kind), message, { context });
}

function codeOf(
  { clickhouseCode, message, isTrial }: DatabaseFailure,
  kind: Task['kind'],
): EngineErrorCode {
  const known = CODE_OF[clickhouseCode ?? 0];
  if (known) return known;
  // Without a number it is chDB that failed, not ClickHouse that refused.
  if (clickhouseCode === undefined || kind === 'execute') return 'QUERY_FAILED';
  if (kind === 'query') return 'QUERY_REFUSED';
  if (message.includes('while pushing to view')) {
    return isTrial ? 'VIEW_WOULD_REFUSE' : 'VIEW_REFUSED_ROWS';
  }
  return message.includes('(at row') ? 'TABLE_REFUSED_ROWS' : 'QUERY_FAILED';
}
