import type { IncomingMessage } from 'node:http';
import { ProsoraError } from '../errors.ts';

/** How much of a body is read, and for how long. */
export interface RawBodyOptions {
  maxBodyBytes: number;
  /** From the call to the last byte, so that a sender who trickles cannot hold a connection. */
  timeoutMs: number;
  /** Takes compressed bytes as they come, for a caller who unpacks them. (Default: they are refused) */
  mayBeEncoded?: boolean;
}

/** A request body that was refused; `status` is the answer to give. */
export class RawBodyError extends ProsoraError {
  readonly status: number;

  constructor(code: string, status: number, message: string) {
    super(code, message);
    this.status = status;
  }
}

/**
 * The bytes of a request as they came, which is what a webhook's signature covers.
 *
 * Stops reading at once when it refuses, without waiting for the rest of the body.
 *
 * @throws RawBodyError `BODY_TOO_LARGE` (413), `BODY_TIMEOUT` (408), `BODY_ABORTED` (400),
 * `BODY_ENCODED` (415, since compressed bytes are not the signed ones) or `BODY_CONSUMED` (500, when
 * a body parser ran before).
 */
export function readRawBody(
  request: IncomingMessage,
  { maxBodyBytes, timeoutMs, mayBeEncoded = false }: RawBodyOptions,
): Promise<Buffer> {
  const tooLarge = () =>
    new RawBodyError('BODY_TOO_LARGE', 413, `The body is larger than ${maxBodyBytes} bytes.`);
  return new Promise<Buffer>((resolve, reject) => {
    const { 'content-encoding': encoding = 'identity' } = request.headers;
    if (!mayBeEncoded && encoding && encoding !== 'identity') {
      throw new RawBodyError('BODY_ENCODED', 415, 'Send the body without Content-Encoding.');
    }
    if (Number(request.headers['content-length'] ?? 0) > maxBodyBytes) throw tooLarge();
    if (request.readableEnded || request.readableDidRead) {
      throw new RawBodyError(
        'BODY_CONSUMED',
        500,
        'The body was read before: mount this handler ahead of any body parser.',
      );
    }
    const chunks: Buffer[] = [];
    let size = 0;
    let isOver = false;
    const settle = (outcome: () => void): void => {
      if (isOver) return;
      isOver = true;
      clearTimeout(timer);
      outcome();
    };
    // `close` comes after each request: an error that nobody gets would be the dearest part of reading it.
    const refuse = (error: () => RawBodyError): void =>
      settle(() => {
        // Paused, not destroyed: the socket is still needed for the answer.
        request.pause();
        reject(error());
      });
    const onData = (chunk: Buffer): void => {
      if (isOver) return;
      size += chunk.length;
      if (size > maxBodyBytes) refuse(tooLarge);
      else chunks.push(chunk);
    };
    const onEnd = (): void => settle(() => resolve(Buffer.concat(chunks, size)));
    const onClose = (): void =>
      refuse(
        () => new RawBodyError('BODY_ABORTED', 400, 'The sender closed the connection mid-body.'),
      );
    const onLate = (): void =>
      refuse(
        () => new RawBodyError('BODY_TIMEOUT', 408, `The body took longer than ${timeoutMs} ms.`),
      );
    const timer = setTimeout(onLate, timeoutMs);
    request.on('data', onData).on('end', onEnd).on('close', onClose).on('error', onClose);
  });
}
