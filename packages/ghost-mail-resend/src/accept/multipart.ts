import type { IncomingMessage } from 'node:http';
import { Busboy } from '@fastify/busboy';
import { Refusal } from '../errors.ts';

/** The text parts of a form by name, each name's values in the order they came. */
export type Form = ReadonlyMap<string, readonly string[]>;

/**
 * Reads a `multipart/form-data` body of text parts as it arrives.
 *
 * The size of the whole body is the only limit: 1,000 recipients make 1,015 parts, and their
 * variables one part of 1.3 MB, which the usual limits of form parsers cut off without a word.
 *
 * @throws Refusal 415 for another content type, 413 above `maxBytes`, 400 when the body is broken, cut
 * short or carries a file.
 */
export async function readForm(request: IncomingMessage, maxBytes: number): Promise<Form> {
  const contentType = request.headers['content-type'] ?? '';
  if (!/^multipart\/form-data\b/i.test(contentType)) {
    throw new Refusal(415, 'Send the message as multipart/form-data.');
  }
  const tooLarge = () => new Refusal(413, `The message is larger than ${maxBytes} bytes.`);
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw tooLarge();

  const form = new Map<string, string[]>();
  const parser = createParser({ ...request.headers, 'content-type': contentType }, maxBytes);
  try {
    await new Promise<void>((resolve, reject) => {
      let size = 0;
      request.on('data', (piece: Buffer) => {
        size += piece.length;
        if (size > maxBytes) reject(tooLarge());
      });
      request.once('close', () => {
        if (!request.complete) reject(new Error('The sender closed the connection.'));
      });
      parser.on('field', (name, value) => {
        const values = form.get(name);
        if (values === undefined) form.set(name, [value]);
        else values.push(value);
      });
      parser.on('file', (name, stream) => {
        stream.resume();
        reject(new Refusal(400, `Attachments are not supported yet (part "${name}").`));
      });
      parser.once('finish', resolve).once('error', reject);
      request.pipe(parser);
    });
    return form;
  } catch (cause) {
    if (cause instanceof Refusal) throw cause;
    throw new Refusal(400, 'The form is broken or was cut short.', cause);
  } finally {
    // The rest is read and thrown away: a sender who still writes would not see the answer.
    request.unpipe(parser).removeAllListeners('data').resume();
  }
}

function createParser(headers: { 'content-type': string }, maxBytes: number) {
  try {
    return new Busboy({ headers, limits: { fieldSize: maxBytes, fieldNameSize: 1_000 } });
  } catch (cause) {
    throw new Refusal(400, 'The form has no boundary.', cause);
  }
}
