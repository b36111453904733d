import { ProsoraError, type ProsoraErrorDetails } from '@prosora/service/errors';

/**
 * `DATA_DIR`: the folder of the bridge cannot be used.
 * `NOT_FOUND`: a verb named a newsletter or a mail that the bridge does not hold.
 * `REFUSED`: a canceled newsletter cannot go on. `FILE`: a file that a verb reads cannot be read.
 * `RESEND`: Resend refused what a verb asked for.
 */
export type MailBridgeErrorCode = 'DATA_DIR' | 'NOT_FOUND' | 'REFUSED' | 'FILE' | 'RESEND';

/** What can go wrong in the bridge, as opposed to what it refuses. */
export class MailBridgeError extends ProsoraError {
  declare readonly code: MailBridgeErrorCode;

  constructor(code: MailBridgeErrorCode, message: string, details?: ProsoraErrorDetails) {
    super(code, message, details);
  }
}

/**
 * A request that is answered with `{ "error": message }`: Ghost Admin shows the sentence as it is
 * (Ghost: `error` is taken verbatim, `message` is prefixed with the status's name). Code `REFUSED`.
 */
export class Refusal extends ProsoraError {
  readonly status: number;

  constructor(status: number, message: string, cause?: unknown) {
    super('REFUSED', message, { cause });
    this.status = status;
  }
}
