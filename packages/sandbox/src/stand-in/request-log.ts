import type { RequestHandler } from 'express';

/** One request that a stand-in received. */
export interface LoggedRequest {
  /** When it arrived, ISO 8601. */
  at: string;
  method: string;
  /** With the query, as it came. */
  path: string;
  /** What it was about, where the stand-in knows: for Cloudinary the public_id. */
  subject?: string;
  /** Null when the caller got no whole answer. */
  status: number | null;
  durationMs: number;
  /** True when a fault rule applied. */
  faulted: boolean;
}

/** The last requests of a stand-in, oldest first. */
export interface RequestLog {
  /** All that are still kept, or those whose path a regular expression matches. */
  list(path?: RegExp): LoggedRequest[];
  clear(): void;
}

const KEPT = 10_000;

/** Creates a log that keeps the last 10,000 requests, and the middleware that fills it. */
export function createRequestLog(now: () => number): RequestLog & { middleware: RequestHandler } {
  let entries: LoggedRequest[] = [];
  const middleware: RequestHandler = (request, response, next) => {
    const startedAt = now();
    response.once('close', () => {
      const { subject, faulted } = response.locals as { subject?: string; faulted?: boolean };
      entries.push({
        at: new Date(startedAt).toISOString(),
        method: request.method,
        path: request.originalUrl,
        ...(subject !== undefined && { subject }),
        status: response.writableFinished ? response.statusCode : null,
        durationMs: now() - startedAt,
        faulted: faulted ?? false,
      });
      // Trimmed in halves, so that a full log does not copy itself on every request.
      if (entries.length > 2 * KEPT) entries = entries.slice(-KEPT);
    });
    next();
  };
  return {
    list: (path) => entries.slice(-KEPT).filter((entry) => path?.test(entry.path) ?? true),
    clear: () => {
      entries = [];
    },
    middleware,
  };
}
