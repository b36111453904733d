import { parseRetryAfter } from '@prosora/service/retry-after';
import {
  badAnswer,
  CloudinaryError,
  type CloudinaryErrorDetails,
  type GhostError,
  type GhostErrorType,
  isOwnError,
} from '../errors.ts';

type Failure = [type: GhostErrorType, code: string, details: CloudinaryErrorDetails];

const TOO_LARGE: Failure = [
  'RequestEntityTooLargeError',
  'CLOUDINARY_FILE_TOO_LARGE',
  {
    help: 'Upload a smaller file, or raise the limit of your Cloudinary plan. If only the original that Ghost keeps beside its resized copy is too large, set "imageOptimization": {"resize": false} or "originals": "skip".',
  },
];

const UNSUPPORTED: Failure = [
  'UnsupportedMediaTypeError',
  'CLOUDINARY_FILE_UNSUPPORTED',
  { help: 'Check that the file opens on your computer and that its extension fits its content.' },
];

const UNAVAILABLE: Failure = [
  'InternalServerError',
  'CLOUDINARY_UNAVAILABLE',
  {
    retryable: true,
    statusCode: 503,
    help: 'Try again in a few minutes; status.cloudinary.com shows outages.',
  },
];

const RATE_LIMITED: Failure = [
  'TooManyRequestsError',
  'CLOUDINARY_RATE_LIMITED',
  { retryable: true, help: 'Try again later, or raise the limit of your Cloudinary plan.' },
];

/** The CDN's 401, which has nothing to do with key and secret. */
const NOT_DELIVERED: Failure = [
  'NoPermissionError',
  'CLOUDINARY_NOT_DELIVERED',
  {
    help: 'For PDF and ZIP files allow it in the Cloudinary console: Settings, Security, PDF and ZIP files delivery. For anything else ask ghost-cloudinary doctor.',
  },
];

/**
 * By Cloudinary's status. Its 401 is our 403: Ghost Admin would take a 401 for the end of the
 * user's own session.
 */
const BY_STATUS: Readonly<Record<number, Failure>> = {
  400: [
    'BadRequestError',
    'CLOUDINARY_BAD_REQUEST',
    { help: "Check the adapter's configuration against its README." },
  ],
  401: [
    'NoPermissionError',
    'CLOUDINARY_CREDENTIALS_REFUSED',
    {
      help: "Compare cloudName, apiKey and apiSecret with the API Keys page of the Cloudinary console; if they are right, check this machine's clock.",
    },
  ],
  403: [
    'NoPermissionError',
    'CLOUDINARY_FORBIDDEN',
    { help: 'Check the permissions of the API key and the security settings of the account.' },
  ],
  404: ['NotFoundError', 'CLOUDINARY_NOT_FOUND', {}],
  413: TOO_LARGE,
  420: RATE_LIMITED,
  423: UNAVAILABLE,
  429: RATE_LIMITED,
};

/** What an answer other than 2xx means. `body` is the text that came with it; `by` says whether the API or the CDN answered. */
export function failureOf(
  response: Response,
  body: string,
  now: number,
  by: 'api' | 'delivery' = 'api',
): CloudinaryError {
  const { status } = response;
  const said = inMebibytes(saidBy(response, body));
  const isHeldBack = by === 'delivery' && status === 401;
  const [type, code, details] = isHeldBack ? NOT_DELIVERED : kindOf(status, said);
  return new CloudinaryError(
    type,
    code,
    `Cloudinary refused the request: ${said} (HTTP ${status})`,
    { ...details, retryAfterMs: retryAfterMs(response, now) },
  );
}

function kindOf(status: number, said: string): Failure {
  if (status === 400 && /file size too large/i.test(said)) return TOO_LARGE;
  if (status === 400 && /invalid .*file|unsupported/i.test(said)) return UNSUPPORTED;
  const known = BY_STATUS[status];
  if (known) return known;
  if (status >= 500) return UNAVAILABLE;
  return ['InternalServerError', 'CLOUDINARY_UNEXPECTED', { statusCode: 502 }];
}

/** Cloudinary's own words: `{"error":{"message"}}`, the header `X-Cld-Error`, or whatever text came. */
function saidBy(response: Response, body: string): string {
  try {
    const { message } = JSON.parse(body).error;
    if (typeof message === 'string') return message;
  } catch {
    // A proxy's HTML, or nothing at all.
  }
  const text = response.headers.get('x-cld-error') ?? body.replace(/<[^>]*>|\s+/g, ' ').trim();
  return text.slice(0, 500) || response.statusText || 'no reason given';
}

/** "Got 12419652. Maximum is 10485760." in the unit of the plans' own pages. */
function inMebibytes(said: string): string {
  return said.replace(/\b(?<=Got |Maximum is )\d+/g, (bytes) => {
    const mebibytes = Math.round((Number(bytes) / 1024 ** 2) * 10) / 10;
    return `${mebibytes} MiB`;
  });
}

/**
 * `Retry-After` in seconds or as a date, else the date in `X-FeatureRateLimit-Reset`. The Admin API
 * sends that with every answer: it is a reason to wait only once the limit is used up.
 */
function retryAfterMs({ status, headers }: Response, now: number): number | undefined {
  const isLimited = BY_STATUS[status] === RATE_LIMITED;
  const after =
    headers.get('retry-after') ?? (isLimited ? headers.get('x-featureratelimit-reset') : null);
  return parseRetryAfter(after, now);
}

/**
 * What a fetch without a good answer means: nobody can be reached, nobody answered in time, or what came
 * is no JSON. What failed on this machine stays what it is.
 */
export function connectionFailure(error: unknown, host: string): GhostError {
  if (isOwnError(error)) return error;
  if (error instanceof SyntaxError) return badAnswer('no JSON');
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const timedOut = cause instanceof Error && cause.name === 'TimeoutError';
  const why = cause instanceof Error ? cause.message || cause.name : String(cause);
  return new CloudinaryError(
    'InternalServerError',
    timedOut ? 'CLOUDINARY_TIMEOUT' : 'CLOUDINARY_UNREACHABLE',
    timedOut ? `${host} did not answer in time.` : `${host} cannot be reached: ${why}`,
    {
      retryable: true,
      statusCode: timedOut ? 504 : 502,
      help: "Check this machine's connection, its DNS and its firewall, then try again.",
      cause,
    },
  );
}
