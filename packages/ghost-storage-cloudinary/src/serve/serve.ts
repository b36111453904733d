import type { Request, RequestHandler, Response } from 'express';
import { extensionOf } from '../cloudinary/resource-type.ts';
import { type GhostError, StorageError } from '../errors.ts';
import type { LocalFiles } from './local-files.ts';
import { parseRequestPath } from './request-path.ts';

/** What a store serves: its files on this machine first, then redirects. */
export interface ServeOptions {
  local: LocalFiles;
  /** The delivery URL of a decoded path, or undefined when no such file can exist. */
  redirectTo: (path: string, req: Request) => string | undefined;
  redirectMaxAgeSeconds: number;
  /** Whether files may hold anything, as in Ghost's files store, so that their type is made inert. */
  inertTypes: boolean;
}

/** As Ghost serves local files (Ghost: core/server/adapters/storage/LocalStorageBase.js, `serve`). */
const LOCAL_MAX_AGE_MS = 365 * 24 * 60 * 60 * 1000;

/** Extensions that keep their type in the files store (Ghost: server/services/files/file-type-utils.js). */
const RENDERABLE = new Set(
  'jpg jpeg png gif webp pdf json mp3 wav m4a mp4 mov otf woff woff2 txt'.split(' '),
);
const SHOWN_AS_TEXT = new Set('html htm js css xml'.split(' '));

/**
 * Creates the middleware that Ghost mounts at `/content/<store>`. The bytes of a file at Cloudinary
 * never pass through the site's origin.
 */
export function createServe(options: ServeOptions): RequestHandler {
  const cacheControl = `public, max-age=${options.redirectMaxAgeSeconds}`;

  return function serveContent(req, res, next) {
    if (req.method !== 'GET' && req.method !== 'HEAD') return next();
    try {
      const path = parseRequestPath(req.path);
      if (path === undefined) throw notFound(req);
      if (options.local.has(path)) return sendLocal(path, options, req, res, next);
      const url = options.redirectTo(path, req);
      if (url === undefined) throw notFound(req);
      // Ghost has set the type of the image it expects to follow.
      res.removeHeader('Content-Type');
      res
        .writeHead(302, { Location: url, 'Cache-Control': cacheControl, 'Content-Length': 0 })
        .end();
    } catch (error) {
      next(error);
    }
  };
}

function sendLocal(
  path: string,
  { local, inertTypes }: ServeOptions,
  req: Request,
  res: Response,
  next: (error: unknown) => void,
): void {
  const headers: Record<string, string> = { 'X-Content-Type-Options': 'nosniff' };
  if (inertTypes) {
    const type = inertTypeOf(path);
    if (type !== undefined) headers['Content-Type'] = type;
  }
  const options = { root: local.root, maxAge: LOCAL_MAX_AGE_MS, headers };
  res.sendFile(path, options, (error: NodeJS.ErrnoException | undefined) => {
    // A reader who went away is no failure, whether before the first byte or after.
    if (!error || error.code === 'ECONNABORTED' || res.headersSent) return;
    next(localFailure(error, req));
  });
}

/** The type to force on a file of the files store; undefined when its own is harmless. */
function inertTypeOf(path: string): string | undefined {
  const extension = extensionOf(path);
  if (SHOWN_AS_TEXT.has(extension)) return 'text/plain';
  return RENDERABLE.has(extension) ? undefined : 'application/octet-stream';
}

function localFailure(error: Error & { statusCode?: number }, req: Request): GhostError {
  if (error.statusCode === 416) {
    return new StorageError(
      'RangeNotSatisfiableError',
      'RANGE_NOT_SATISFIABLE',
      'The requested range is outside the file.',
      { cause: error },
    );
  }
  if (error.statusCode === 404 || error.statusCode === 403) return notFound(req);
  return new StorageError('InternalServerError', 'DISK_FAILED', 'The file cannot be read.', {
    cause: error,
  });
}

/** Ghost answers this code with a plain 404 in place of the theme's page. */
function notFound(req: Request): GhostError {
  return new StorageError('NotFoundError', 'STATIC_FILE_NOT_FOUND', `File not found: ${req.path}`);
}
