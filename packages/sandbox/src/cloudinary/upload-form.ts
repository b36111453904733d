import { rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Busboy } from '@fastify/busboy';
import type { Request } from 'express';
import { type ReceivedFile, receiveFile } from './received-file.ts';
import { CloudinaryRefusal, notImplemented } from './refusal.ts';

/** The body of an Upload API call. */
export interface UploadForm {
  params: Record<string, string | string[]>;
  /** Bytes of a file part or of a `data:` URI; the caller owns the file from here on. */
  file: ReceivedFile | undefined;
}

/** Cloudinary takes a `data:` URI of up to 60 MB, and sends one in a field. */
const FIELD_MAX_BYTES = 60 * 1024 * 1024;

/**
 * Reads a multipart or urlencoded body. The file goes to disk as it arrives; `scratch` names where.
 *
 * @throws CloudinaryRefusal 400 when the body is neither, is cut short, or its file is a remote URL.
 */
export async function readUploadForm(request: Request, scratch: () => string): Promise<UploadForm> {
  const { params, received } = await parseBody(request, scratch);
  const { file: field, ...rest } = params;
  if (received !== undefined || typeof field !== 'string') return { params: rest, file: received };
  return { params: rest, file: await receiveDataUri(field, scratch()) };
}

async function parseBody(request: Request, scratch: () => string) {
  const params: Record<string, string | string[]> = {};
  const paths: string[] = [];
  let receiving: Promise<ReceivedFile> | undefined;
  try {
    const contentType = request.headers['content-type'] ?? '';
    const busboy = new Busboy({
      headers: { ...request.headers, 'content-type': contentType },
      limits: { fieldSize: FIELD_MAX_BYTES },
    });
    busboy.on('field', (name, value) => addParam(params, name, value));
    busboy.on('file', (name, stream, filename) => {
      if (name !== 'file' || receiving !== undefined) return void stream.resume();
      const path = scratch();
      paths.push(path);
      receiving = receiveFile(stream, { path, filename: filename || 'file' });
      // A body that is cut short fails both: the form's error is the one that is reported.
      receiving.catch(() => undefined);
    });
    await pipeline(request, busboy);
    return { params, received: await receiving };
  } catch (error) {
    await Promise.allSettled([receiving]);
    await Promise.all(paths.map((path) => rm(path, { force: true })));
    throw new CloudinaryRefusal(400, `Invalid request body: ${(error as Error).message}`);
  }
}

/** Rails' convention, which the SDK follows: `ids[]` once for each value. */
function addParam(params: Record<string, string | string[]>, name: string, value: string): void {
  if (!name.endsWith('[]')) {
    params[name] = value;
    return;
  }
  const key = name.slice(0, -2);
  params[key] = [...(params[key] ?? []), value];
}

async function receiveDataUri(uri: string, path: string): Promise<ReceivedFile> {
  if (!uri.startsWith('data:')) throw notImplemented('a file given by its URL');
  const content = await fetch(uri).catch(() => {
    throw new CloudinaryRefusal(400, 'Invalid data: URI');
  });
  const bytes = Buffer.from(await content.arrayBuffer());
  return receiveFile(Readable.from([bytes]), { path, filename: 'file' });
}
