import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { type Sandbox, type SandboxOptions, startSandbox } from '../../src/index.ts';

type Sdk = typeof import('cloudinary').v2;

/** A sandbox in a fresh folder, and Cloudinary's own SDK pointed at it. */
export interface SandboxWithSdk extends AsyncDisposable {
  sandbox: Sandbox;
  sdk: Sdk;
  dataDir: string;
  /** A delivery URL's answer. */
  get(path: string, init?: RequestInit): Promise<Response>;
  /** A delivery URL as the SDK builds it. */
  urlOf(publicId: string, options?: object): string;
}

export async function startWithSdk(
  options: Omit<SandboxOptions, 'dataDir'> = {},
): Promise<SandboxWithSdk> {
  const dataDir = await mkdtemp(join(tmpdir(), 'prosora-sandbox-'));
  const sandbox = await startSandbox({ port: 0, ...options, dataDir });
  // The SDK chooses between http and https when it is first loaded, and keeps one configuration.
  process.env['CLOUDINARY_URL'] = sandbox.cloudinary.cloudinaryUrl;
  const { v2: sdk } = createRequire(import.meta.url)('cloudinary') as { v2: Sdk };
  sdk.config(true);
  const { host } = new URL(sandbox.cloudinary.url);
  const privateCdn = options.vendors?.cloudinary?.privateCdn ?? false;
  return {
    sandbox,
    sdk,
    dataDir,
    get: (path, init) => fetch(`${sandbox.cloudinary.deliveryUrl}${path}`, init),
    urlOf: (id, urlOptions) =>
      sdk.url(id, {
        secure: false,
        cname: host,
        private_cdn: privateCdn,
        analytics: false,
        ...urlOptions,
      }),
    [Symbol.asyncDispose]: async () => {
      await sandbox.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** A picture whose left half is red and whose right half is blue. */
export async function redAndBlue(
  width: number,
  height: number,
  format: 'png' | 'jpeg' | 'gif' = 'png',
): Promise<Buffer> {
  const right = { width: width - Math.floor(width / 2), height, channels: 3 as const };
  const blue = await sharp({ create: { ...right, background: '#0000ff' } })
    .png()
    .toBuffer();
  return sharp({ create: { width, height, channels: 3, background: '#ff0000' } })
    .composite([{ input: blue, left: Math.floor(width / 2), top: 0 }])
    .toFormat(format)
    .toBuffer();
}

export function dataUri(bytes: Buffer, type = 'image/png'): string {
  return `data:${type};base64,${bytes.toString('base64')}`;
}

/** The colour of one pixel: red, green, blue. */
export async function pixelAt(image: Buffer, left: number, top: number): Promise<number[]> {
  const pixel = sharp(image).extract({ left, top, width: 1, height: 1 }).removeAlpha();
  return [...(await pixel.raw().toBuffer())];
}

export async function bytesOf(response: Response): Promise<Buffer> {
  return Buffer.from(await response.arrayBuffer());
}

/** Bytes that begin as an MP4 does. */
export function mp4(size: number): Buffer {
  const bytes = Buffer.alloc(size);
  for (let at = 0; at + 4 <= size; at += 4) bytes.writeUInt32LE(at, at);
  return Buffer.concat([Buffer.from('\0\0\0\x18ftypmp42'), bytes.subarray(12)]).subarray(0, size);
}

/** Status and `X-Cld-Error` of a refusal by the CDN, which has no body. */
export async function refusalOf(response: Response): Promise<string> {
  const { length } = await bytesOf(response);
  if (length > 0) throw new Error(`A body of ${length} bytes came with ${response.status}`);
  return `${response.status} ${response.headers.get('x-cld-error')}`;
}
