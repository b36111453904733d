import { ProsoraError, type ProsoraErrorDetails } from '@prosora/service/errors';

/**
 * Every code with the HTTP status it is answered with, as Tinybird uses them:
 * https://www.tinybird.co/docs/api-reference/events-api and /docs/api-reference/pipe-api.
 * 429 and 503 are worth another try after `Retry-After`, the others are not.
 */
const STATUS_OF = {
  PLATFORM_UNSUPPORTED: 500,
  TOKENS_EQUAL: 500,
  DATAFILE_INVALID: 500,
  DATAFILES_CHANGED: 500,
  DATAFILES_MISSING: 500,
  BACKUP_MISSING: 404,
  DATA_DIR_TAKEN: 500,
  DATA_TORN: 500,
  DATABASE_START_FAILED: 503,
  DATABASE_UNAVAILABLE: 503,
  DATABASE_BUSY: 429,
  DATABASE_EXHAUSTED: 503,
  QUERY_FAILED: 500,
  QUERY_REFUSED: 400,
  QUERY_TIMEOUT: 408,
  RESULT_TOO_LARGE: 413,
  VIEW_WOULD_REFUSE: 400,
  // Not 422, after which the collector sends the parts of a batch: these may be in some of the tables.
  VIEW_REFUSED_ROWS: 409,
  BATCH_SET_ASIDE: 409,
  TABLE_REFUSED_ROWS: 400,
  PARAMETER_INVALID: 400,
  REQUEST_INVALID: 400,
  BODY_TIMEOUT: 408,
  BODY_TOO_LARGE: 413,
  TOKEN_REFUSED: 403,
  NOT_FOUND: 404,
} satisfies Record<string, number>;

/** What went wrong, stable across releases. */
export type EngineErrorCode = keyof typeof STATUS_OF;

/** Any failure of the engine; `status` is the answer it deserves over HTTP. */
export class EngineError extends ProsoraError {
  declare readonly code: EngineErrorCode;
  readonly status: number;

  constructor(code: EngineErrorCode, message: string, details?: ProsoraErrorDetails) {
    super(code, message, details);
    this.status = STATUS_OF[code];
  }
}
