import { once } from 'node:events';
import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { Cloudinary } from '../../../src/cloudinary/cloudinary.ts';
import { openSourceFile } from '../../../src/store/source-file.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'storage-transfer-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const clientOf = (uploadPrefix: string, changes: object = {}) =>
  new Cloudinary({
    ...{ cloudName: 'demo', apiKey: '1', apiSecret: 's', signatureAlgorithm: 'sha1' },
    ...{ uploadPrefix, chunkBytes: 5_000_000, retries: 2, timeoutMs: 500, deadlineMs: 5000 },
    ...changes,
  });

describe('a download', () => {
  test('may take longer than one attempt while bytes come', async () => {
    const url = await serve(async (_request, response) => {
      for (let piece = 0; piece < 8; piece += 1) {
        response.write(`piece ${piece}\n`);
        await delay(100);
      }
      response.end('end');
    });
    const path = join(folder, 'slow');
    await clientOf(url).downloadTo(`${url}/slow`, path);
    expect(await readFile(path, 'utf8')).toMatch(/^piece 0\n.*piece 7\nend$/s);
  });

  test('is begun again when none come, and given up with the reason', async () => {
    let asked = 0;
    const url = await serve((_request, response) => {
      asked += 1;
      response.write('one piece');
    });
    await expect(
      clientOf(url).downloadTo(`${url}/x`, join(folder, 'silent')),
    ).rejects.toMatchObject({
      code: 'CLOUDINARY_TIMEOUT',
    });
    expect(asked).toBe(3);
  });

  test('onto a full disk is not repeated, and says so', async () => {
    let asked = 0;
    const url = await serve((_request, response) => {
      asked += 1;
      response.end('bytes');
    });
    await expect(clientOf(url).downloadTo(`${url}/x`, '/dev/full')).rejects.toMatchObject({
      code: 'DISK_FAILED',
      message: expect.stringContaining('ENOSPC'),
    });
    expect(asked).toBe(1);
  });
});

describe('an upload of a file that becomes shorter', () => {
  test.each([
    ['sent in parts', 1_000_000],
    ['sent at once', 5_000_000],
  ])('is not repeated, and says so: %s', async (_how, chunkBytes) => {
    const path = join(folder, `shrinking-${chunkBytes}`);
    await writeFile(path, Buffer.alloc(3_000_000));
    const { bytes } = await openSourceFile(path);
    await truncate(path, 10);
    let asked = 0;
    const url = await serve((request, response) => {
      asked += 1;
      request.resume().on('end', () => response.end('{"done":false}'));
    });
    const asset = { publicId: 'a', resourceType: 'raw', format: undefined } as const;
    await expect(
      clientOf(url, { chunkBytes }).upload(asset, bytes, { overwrite: false }),
    ).rejects.toMatchObject({ code: 'UPLOAD_UNREADABLE' });
    expect(asked).toBeLessThan(2);
  });
});
