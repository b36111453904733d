import { ProsoraError, type ProsoraErrorDetails } from '@prosora/service/errors';

/**
 * Every code with the HTTP status it is answered with. 503 and 429 come with `Retry-After`: the
 * same request may be sent again then; the others are for good.
 */
const STATUS_OF = {
  REQUEST_INVALID: 400,
  KEY_REFUSED: 401,
  TOKEN_MISSING: 403,
  SITE_REFUSED: 403,
  ORIGIN_REFUSED: 403,
  NOT_FOUND: 404,
  CONTENT_TYPE_REFUSED: 415,
  TOO_MANY_HITS: 429,
  TOO_MANY_QUERIES: 429,
  SPOOL_FULL: 503,
  SPOOL_UNAVAILABLE: 503,
  SALTS_UNAVAILABLE: 503,
  UPSTREAM_UNAVAILABLE: 502,
  UPSTREAM_TIMEOUT: 504,
  BACKFILL_STOPPED: 500,
  COUNTRY_DATABASE_UNREADABLE: 500,
  DEPLOY_FAILED: 500,
  DEPLOY_REFUSED: 500,
  GHOST_DIR_INVALID: 500,
  DATA_DIR_TAKEN: 500,
  DATA_DIR_UNUSABLE: 500,
} satisfies Record<string, number>;

/** What went wrong, stable across releases. */
export type CollectorErrorCode = keyof typeof STATUS_OF;

/** Any failure of the collector; `status` is the answer it deserves over HTTP. */
export class CollectorError extends ProsoraError {
  declare readonly code: CollectorErrorCode;
  readonly status: number;

  constructor(code: CollectorErrorCode, message: string, details?: ProsoraErrorDetails) {
    super(code, message, details);
    this.status = STATUS_OF[code];
  }
}
