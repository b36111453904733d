import { ProsoraError, type ProsoraErrorDetails } from '@prosora/service/errors';

/** What went wrong in an adapter itself. Codes: `JOBS_CONFIG_INVALID`, `NOT_IN_GHOST`, `JOBS_NOT_READY`, `JOBS_FULL`. */
export class JobsError extends ProsoraError {
  /** Ghost answers with it where the error reaches a request. */
  readonly statusCode: number;

  constructor(
    code: string,
    message: string,
    { statusCode = 500, ...details }: ProsoraErrorDetails & { statusCode?: number } = {},
  ) {
    super(code, message, details);
    this.statusCode = statusCode;
  }
}
