import type { IncomingMessage, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate, zstdDecompress } from 'node:zlib';
import { readRawBody } from '@prosora/service';
import { EngineError } from '../errors.ts';

/** From the first byte to the last; a batch is 10 MB at most. */
const LONGEST_BODY_MS = 120_000;
/** So long what still comes in after an answer is thrown away before the connection is cut. */
const LINGER_MS = 5_000;

type Unpack = (bytes: Buffer, limit: { maxOutputLength: number }) => Promise<Buffer>;

/** By Content-Encoding: the two of Tinybird's Events API, and the others that HTTP clients have. */
const UNPACK: ReadonlyMap<string, Unpack> = new Map<string, Unpack>([
  ['identity', async (bytes) => bytes],
  ['gzip', promisify(gunzip)],
  ['zstd', promisify(zstdDecompress)],
  ['deflate', promisify(inflate)],
  ['br', promisify(brotliDecompress)],
]);

/**
 * The body of a request, unpacked. To be called when it is sure that the sender may send it, since up to
 * twice `maxBytes` are in memory from then on.
 *
 * @param maxBytes As sent and as unpacked; nothing beyond it is kept.
 * @throws EngineError `REQUEST_INVALID` for an encoding that is unknown or wrong, `BODY_TOO_LARGE`;
 * RawBodyError `BODY_TOO_LARGE`, `BODY_TIMEOUT` or `BODY_ABORTED`, each with the `status` to answer
 */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const encoding = request.headers['content-encoding']?.toLowerCase() || 'identity';
  const unpack = UNPACK.get(encoding);
  if (!unpack) {
    const known = [...UNPACK.keys()].join(', ');
    throw new EngineError('REQUEST_INVALID', `Content-Encoding has to be one of ${known}.`);
  }
  const bytes = await readRawBody(request, {
    maxBodyBytes: maxBytes,
    timeoutMs: LONGEST_BODY_MS,
    mayBeEncoded: true,
  });
  try {
    return await unpack(bytes, { maxOutputLength: maxBytes });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') {
      throw new EngineError('BODY_TOO_LARGE', `Unpacked the body is above ${maxBytes} bytes.`);
    }
    throw new EngineError('REQUEST_INVALID', `The body is not ${encoding}.`, { cause });
  }
}

/**
 * Lets a client that is answered before it has sent all of its body see the answer. Closing at once with
 * bytes unread would reset the connection and take the answer with it, so what still comes is read and
 * thrown away for a while, as with nginx's `lingering_close`. A handler of Express.
 */
export function lingerAfterAnswer(
  request: IncomingMessage,
  response: ServerResponse,
  next: () => void,
): void {
  response.once('finish', () => {
    if (request.complete) return;
    request.resume();
    setTimeout(() => {
      if (!request.complete) request.socket.destroy();
    }, LINGER_MS).unref();
  });
  next();
}
