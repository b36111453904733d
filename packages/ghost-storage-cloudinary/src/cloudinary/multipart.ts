import { randomUUID } from 'node:crypto';

/** A body of multipart/form-data that is made while it is sent. */
export interface MultipartBody {
  headers: Record<string, string>;
  body: AsyncGenerator<Uint8Array>;
}

/** Writes fields and one file, named `file`, as RFC 7578 has it. */
export function multipartBody(
  fields: Iterable<[string, string]>,
  file: AsyncIterable<Uint8Array>,
): MultipartBody {
  const boundary = `----ghost-storage-${randomUUID()}`;
  const disposition = (name: string) =>
    `--${boundary}\r\nContent-Disposition: form-data; name="${name}"`;
  const text = (value: string) => new TextEncoder().encode(value);
  async function* body() {
    for (const [name, value] of fields) yield text(`${disposition(name)}\r\n\r\n${value}\r\n`);
    yield text(
      `${disposition('file')}; filename="file"\r\nContent-Type: application/octet-stream\r\n\r\n`,
    );
    yield* file;
    yield text(`\r\n--${boundary}--\r\n`);
  }
  return { headers: { 'Content-Type': `multipart/form-data; boundary=${boundary}` }, body: body() };
}
