import { randomUUID } from 'node:crypto';
import { ProsoraError, type ProsoraErrorDetails } from '@prosora/service/errors';

/** Ghost's names of error types and the status each is answered with (Ghost: @tryghost/errors). */
const STATUS_OF = {
  BadRequestError: 400,
  IncorrectUsageError: 400,
  NoPermissionError: 403,
  NotFoundError: 404,
  RequestEntityTooLargeError: 413,
  UnsupportedMediaTypeError: 415,
  RangeNotSatisfiableError: 416,
  TooManyRequestsError: 429,
  InternalServerError: 500,
} as const;

/** One of the error types for which Ghost Admin has a sentence of its own. */
export type GhostErrorType = keyof typeof STATUS_OF;

/** `context` is left out: Ghost prints it as text, and shows our message only where it is empty. */
export interface GhostErrorDetails extends Omit<ProsoraErrorDetails, 'context'> {
  /** Answered in place of the type's own status. */
  statusCode?: number;
}

/**
 * The base of this package's errors.
 *
 * Ghost takes an error for one of its own when a class in its chain is *named* GhostError; any other
 * becomes "An unexpected error occurred" (Ghost: @tryghost/errors, utils `isGhostError`).
 */
export class GhostError extends ProsoraError {
  readonly id: string = randomUUID();
  readonly level: string = 'normal';
  readonly errorType: GhostErrorType;
  readonly statusCode: number;

  constructor(
    errorType: GhostErrorType,
    code: string,
    message: string,
    { statusCode, ...details }: GhostErrorDetails = {},
  ) {
    super(code, message, details);
    // Ghost Admin's sentence is chosen by the error's name.
    this.name = errorType;
    this.errorType = errorType;
    this.statusCode = statusCode ?? STATUS_OF[errorType];
  }
}

/**
 * Whether an error is one of this package's. Its bundles have a copy of the classes each, so the class says nothing.
 */
export function isOwnError(error: unknown): error is GhostError {
  return typeof (error as Partial<GhostError> | null)?.errorType === 'string';
}

/** Whether an error has one of these codes. */
export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return codes.includes(String((error as Partial<GhostError> | null)?.code));
}

/** What went wrong in the adapter itself: a path, a name, a configuration. */
export class StorageError extends GhostError {}

export interface CloudinaryErrorDetails extends GhostErrorDetails {
  /** Whether the same request may succeed later. */
  retryable?: boolean;
  /** How long Cloudinary asked us to wait, in milliseconds. */
  retryAfterMs?: number | undefined;
}

/** What Cloudinary answered or failed to answer. */
export class CloudinaryError extends GhostError {
  readonly retryable: boolean;
  readonly retryAfterMs: number | undefined;

  constructor(
    errorType: GhostErrorType,
    code: string,
    message: string,
    { retryable = false, retryAfterMs, ...details }: CloudinaryErrorDetails = {},
  ) {
    super(errorType, code, message, details);
    this.retryable = retryable;
    this.retryAfterMs = retryAfterMs;
  }
}

/** The error for a path that cannot be the path of a stored file. */
export function invalidPath(path: string): StorageError {
  return new StorageError(
    'IncorrectUsageError',
    'PATH_INVALID',
    `The path ${JSON.stringify(path)} is not valid for this storage.`,
  );
}

/** The error for a file that neither Cloudinary nor the local folder has. */
export function fileNotFound(path: string, cause?: unknown): StorageError {
  return new StorageError('NotFoundError', 'FILE_NOT_FOUND', `File not found: ${path}`, { cause });
}

/** The error for a file of the content folder that the disk does not give or take. */
export function diskFailure(path: string, cause: unknown): StorageError {
  const { code = String(cause) } = cause as NodeJS.ErrnoException;
  return new StorageError(
    'InternalServerError',
    'DISK_FAILED',
    `The local copy of ${path} cannot be used (${code}).`,
    { cause, help: "Check the space and the permissions of Ghost's content folder." },
  );
}

/** The error for an answer that is none of Cloudinary's. */
export function badAnswer(what: string): CloudinaryError {
  return new CloudinaryError(
    'InternalServerError',
    'CLOUDINARY_BAD_ANSWER',
    `Cloudinary's answer was not understood (${what}).`,
    { statusCode: 502, help: 'Check that uploadPrefix is the address of the Cloudinary API.' },
  );
}
