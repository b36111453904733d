/** What an error may carry besides its code and its sentence. */
export interface ProsoraErrorDetails {
  /** What to do about it, as one sentence for the person who reads it. */
  help?: string;
  /** Facts for a log line. Never a secret: whoever throws is answerable for that. */
  context?: Record<string, unknown>;
  /** What was caught. */
  cause?: unknown;
}

/**
 * The base of every error Prosora throws.
 *
 * Packages are bundled one by one, so two copies of this class may live in one process: tell errors
 * apart by `code`, which is stable and documented, and never by `instanceof`.
 */
export class ProsoraError extends Error {
  readonly code: string;
  readonly help: string | undefined;
  readonly context: Record<string, unknown> | undefined;

  constructor(code: string, message: string, details: ProsoraErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = new.target.name;
    this.code = code;
    this.help = details.help;
    this.context = details.context;
  }
}
