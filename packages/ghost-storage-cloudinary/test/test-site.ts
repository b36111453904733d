import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Cloudinary, startSandbox } from '@prosora/sandbox';
import express, { type ErrorRequestHandler } from 'express';
import type { StorageFile } from 'ghost-storage-base';
import sharp from 'sharp';
import CloudinaryStorage from '../src/index.ts';

/** The Cloudinary stand-in and a site whose three stores are adapters mounted as Ghost mounts them. */
export interface TestSite extends AsyncDisposable {
  cloudinary: Cloudinary;
  /** Origin of the site. */
  url: string;
  contentPath: string;
  images: CloudinaryStorage;
  media: CloudinaryStorage;
  files: CloudinaryStorage;
  /** The block of Ghost's config that leads here. */
  configOf(changes?: Record<string, unknown>): Record<string, unknown>;
  /** Another Ghost process on the same account. */
  another(changes?: Record<string, unknown>): CloudinaryStorage;
  /** Puts a file where Ghost's multer does. */
  upload(name: string, bytes: Buffer): Promise<StorageFile>;
  /** Puts a file in the site's content folder. */
  place(path: string, bytes: Buffer): Promise<void>;
}

/** Starts it in a fresh folder on free ports. */
export async function startTestSite(config: Record<string, unknown> = {}): Promise<TestSite> {
  const folder = await mkdtemp(join(tmpdir(), 'storage-'));
  const sandbox = await startSandbox({ port: 0, dataDir: join(folder, 'sandbox') });
  const { cloudinary } = sandbox;
  const contentPath = join(folder, 'content');
  const configOf = (changes: Record<string, unknown> = {}) => ({
    cloudinaryUrl: cloudinary.cloudinaryUrl,
    secureDistribution: cloudinary.url,
    contentPath,
    ...config,
    ...changes,
  });
  const another = (changes: Record<string, unknown> = {}) =>
    new CloudinaryStorage(configOf(changes));
  const [images, media, files] = [
    another(),
    another({ store: 'media' }),
    another({ store: 'files' }),
  ];

  const app = express();
  for (const adapter of [images, media, files]) {
    app.use(`/${adapter.staticFileURLPrefix}`, adapter.serve());
  }
  const answerError: ErrorRequestHandler = (error, _request, response, _next) => {
    response.status(error.statusCode ?? 500).json({ code: error.code, message: error.message });
  };
  app.use(answerError);
  const server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');

  return {
    cloudinary,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    contentPath,
    images,
    media,
    files,
    configOf,
    another,
    async upload(name, bytes) {
      const path = join(folder, randomBytes(8).toString('hex'));
      await writeFile(path, bytes);
      return { name, path };
    },
    async place(path, bytes) {
      const target = join(contentPath, path);
      await mkdir(dirname(target), { recursive: true });
      await writeFile(target, bytes);
    },
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await sandbox.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A picture that differs from every other by its colour. */
export function picture(colour: number, width = 800, height = 600): Promise<Buffer> {
  const background = { r: (colour >> 16) & 255, g: (colour >> 8) & 255, b: colour & 255 };
  return sharp({ create: { width, height, channels: 3, background } })
    .png()
    .toBuffer();
}

/** A sound file of a given size, which the stand-in takes for a WAV. */
export function sound(bytes: number): Buffer {
  const header = Buffer.from('RIFF\0\0\0\0WAVEfmt ', 'latin1');
  return Buffer.concat([header, randomBytes(bytes - header.length)]);
}

/** Sends path and headers as they are; `fetch` would tidy up the one and add to the others. */
export async function getRaw(
  origin: string,
  path: string,
  headers: Record<string, string> = {},
): Promise<IncomingMessage> {
  const { hostname, port } = new URL(origin);
  const [response] = (await once(get({ hostname, port, path, headers }), 'response')) as [
    IncomingMessage,
  ];
  return response.resume();
}
