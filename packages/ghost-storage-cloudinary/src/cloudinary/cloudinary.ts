import { randomUUID } from 'node:crypto';
import { open } from 'node:fs/promises';
import utils from 'cloudinary/lib/utils/index.js';
import * as z from 'zod/mini';
import { badAnswer, CloudinaryError, diskFailure, hasCode } from '../errors.ts';
import { connectionFailure, failureOf } from './failures.ts';
import { multipartBody } from './multipart.ts';
import type { Asset } from './names.ts';
import { postStream } from './post-stream.ts';
import { type RetryClock, type RetryPolicy, systemClock, withRetries } from './retry.ts';
import type { UploadBytes } from './upload-bytes.ts';

/** Signed parameters of a call; a boolean travels as 1 or 0, an absent one not at all. */
type Params = Record<string, string | number | boolean | undefined>;

/** Cloudinary's Upload API for one account, and the download of what it delivers. */
export interface CloudinaryOptions extends RetryPolicy {
  cloudName: string;
  apiKey: string;
  apiSecret: string;
  /** Origin of the API. */
  uploadPrefix: string;
  signatureAlgorithm: 'sha1' | 'sha256';
  /** Files above this are sent in parts of this size, in bytes. */
  chunkBytes: number;
  fetch?: typeof fetch;
  clock?: RetryClock;
}

/** A file as a whole, or a part of a large one that is read while it is sent. */
type FilePart =
  | { blob: Blob; stream?: never }
  | { blob?: never; stream: () => AsyncIterable<Uint8Array> };

/** How an upload is stored. */
export interface UploadOptions {
  /** Whether an asset that is already there is replaced. */
  overwrite: boolean;
  assetFolder?: string | undefined;
  tags?: readonly string[] | undefined;
  /** Transformations that Cloudinary makes right away, in the background. */
  eager?: readonly string[] | undefined;
}

const storedSchema = z.object({
  public_id: z.string(),
  bytes: z.number(),
  /** MD5 of the stored bytes, in hex. */
  etag: z._default(z.string(), ''),
  /** With `overwrite=false`: this is what was there before, and nothing was stored. */
  existing: z._default(z.boolean(), false),
  /** Another file was there and is gone, although with `overwrite=false` none should be. */
  overwritten: z._default(z.boolean(), false),
  version: z.optional(z.number()),
});

/** What Cloudinary says of an asset after an upload. */
export type StoredAsset = z.output<typeof storedSchema>;

/** The answer to any part but the last that is missing. */
const unfinishedSchema = z.object({ done: z.literal(false) });

const destroyedSchema = z.object({ result: z.string() });

/** The vendor's HTTP and nothing else. Every failure is a CloudinaryError, its text free of secrets. */
export class Cloudinary {
  readonly #options: CloudinaryOptions;
  readonly #fetch: typeof fetch;
  readonly #clock: RetryClock;

  constructor(options: CloudinaryOptions) {
    this.#options = options;
    this.#fetch = options.fetch ?? ((...call) => globalThis.fetch(...call));
    this.#clock = options.clock ?? systemClock;
  }

  /** Stores a file, in parts when it is large; each part is retried by itself. */
  async upload(asset: Asset, file: UploadBytes, options: UploadOptions): Promise<StoredAsset> {
    const params = {
      public_id: asset.publicId,
      overwrite: options.overwrite,
      // The CDN may still hold what is replaced.
      invalidate: options.overwrite || undefined,
      asset_folder: options.assetFolder,
      tags: options.tags?.join(','),
      eager: options.eager?.join('|'),
      eager_async: options.eager?.length ? true : undefined,
    };
    const { chunkBytes } = this.#options;
    if (file.size <= chunkBytes) {
      const whole = await partOf(file, 0, file.size);
      return storedAs(asset, await this.#call(asset, 'upload', params, whole));
    }
    const uploadId = randomUUID();
    let answer: unknown;
    for (let from = 0; from < file.size; from += chunkBytes) {
      const until = Math.min(from + chunkBytes, file.size);
      const part = await partOf(file, from, until);
      answer = await this.#call(asset, 'upload', params, part, {
        'X-Unique-Upload-Id': uploadId,
        'Content-Range': `bytes ${from}-${until - 1}/${file.size}`,
      });
    }
    if (!z.safeParse(unfinishedSchema, answer).success) return storedAs(asset, answer);
    // The answer to the last part was lost, and the same part sent again opened an upload of its own:
    // what the first one stored is to be looked up.
    return { ...storedAs(asset, await this.#explicit(asset)), existing: true };
  }

  /**
   * What is stored as an asset; undefined when nothing is. Asked of the Upload API: the Admin API is
   * limited to 500 calls an hour.
   */
  async find(asset: Asset): Promise<StoredAsset | undefined> {
    try {
      return storedAs(asset, await this.#explicit(asset));
    } catch (error) {
      if (hasCode(error, 'CLOUDINARY_NOT_FOUND')) return undefined;
      throw error;
    }
  }

  /** Removes an asset and its copies at the CDN; one that is not there counts as removed. */
  async destroy(asset: Asset): Promise<void> {
    const params = { public_id: asset.publicId, type: 'upload', invalidate: true };
    const { result } = parseAnswer(destroyedSchema, await this.#call(asset, 'destroy', params));
    if (result !== 'ok' && result !== 'not found') throw badAnswer(`result "${result}"`);
  }

  /**
   * Writes what is delivered under a URL to a file, whatever its size: `timeoutMs` is how long no byte
   * may come. @throws StorageError DISK_FAILED
   */
  async downloadTo(url: string, path: string): Promise<void> {
    const once = async () => {
      using patience = startPatience(this.#options.timeoutMs);
      const send = () => this.#get(url)(patience.signal);
      await this.#once(url, send, async ({ body }) => {
        await using file = await open(path, 'w').catch((error) => {
          throw diskFailure(path, error);
        });
        for await (const piece of body ?? []) {
          patience.renew();
          await file.appendFile(piece).catch((error) => {
            throw diskFailure(path, error);
          });
        }
      });
    };
    await withRetries(once, this.#options, this.#clock);
  }

  /** Downloads what is delivered under a URL. */
  async download(url: string): Promise<Buffer> {
    return this.#attempt(url, this.#get(url), async (response) =>
      Buffer.from(await response.arrayBuffer()),
    );
  }

  /**
   * The `ETag` of what is delivered under a URL, without its quotes; undefined when there is none or
   * the account does not deliver such files.
   */
  async etagOf(url: string): Promise<string | undefined> {
    const read = async ({ headers }: Response) => headers.get('etag');
    const etag = await this.#attempt(url, this.#get(url, 'HEAD'), read).catch((error: unknown) => {
      if (hasCode(error, 'CLOUDINARY_NOT_DELIVERED', 'CLOUDINARY_FORBIDDEN')) return null;
      throw error;
    });
    return etag?.replace(/^(?:W\/)?"(.*)"$/, '$1');
  }

  /** Whether readers get what is under a URL. @throws CloudinaryError when nobody can say */
  async isDelivered(url: string): Promise<boolean> {
    try {
      return await this.#attempt(url, this.#get(url, 'HEAD'), async () => true);
    } catch (error) {
      if ((error as Partial<CloudinaryError>).retryable === false) return false;
      throw error;
    }
  }

  #explicit(asset: Asset): Promise<unknown> {
    return this.#call(asset, 'explicit', { public_id: asset.publicId, type: 'upload' });
  }

  #call(
    { resourceType }: Asset,
    action: string,
    params: Params,
    file?: FilePart,
    headers: Record<string, string> = {},
  ): Promise<unknown> {
    const { uploadPrefix, cloudName } = this.#options;
    const url = `${uploadPrefix}/v1_1/${cloudName}/${resourceType}/${action}`;
    const send = (signal: AbortSignal): Promise<Response> => {
      const form = this.#signedForm(params);
      if (!file?.stream) {
        if (file) form.set('file', file.blob, 'file');
        return this.#fetch(url, { method: 'POST', headers, body: form, signal });
      }
      const fields = [...form].map(([name, value]): [string, string] => [name, String(value)]);
      const made = multipartBody(fields, file.stream());
      return postStream(url, { ...made, headers: { ...headers, ...made.headers }, signal });
    };
    return this.#attempt(url, send, (response) => response.json());
  }

  /** Signed anew for each attempt, since Cloudinary refuses an old timestamp. */
  #signedForm(params: Params): FormData {
    const { apiKey, apiSecret, signatureAlgorithm } = this.#options;
    const signed: Record<string, string | number> = {
      timestamp: Math.floor(this.#clock.now() / 1000),
    };
    for (const [name, value] of Object.entries(params)) {
      if (value !== undefined && value !== '')
        signed[name] = typeof value === 'boolean' ? Number(value) : value;
    }
    const form = new FormData();
    for (const [name, value] of Object.entries(signed)) form.set(name, String(value));
    form.set('api_key', apiKey);
    form.set('signature', utils.api_sign_request(signed, apiSecret, signatureAlgorithm));
    return form;
  }

  #get(url: string, method = 'GET') {
    return (signal: AbortSignal) => this.#fetch(url, { method, signal });
  }

  #attempt<T>(
    url: string,
    send: (signal: AbortSignal) => Promise<Response>,
    read: (response: Response) => Promise<T>,
  ): Promise<T> {
    const once = (signal: AbortSignal) => this.#once(url, () => send(signal), read);
    return withRetries(once, this.#options, this.#clock);
  }

  async #once<T>(
    url: string,
    send: () => Promise<Response>,
    read: (response: Response) => Promise<T>,
  ): Promise<T> {
    try {
      const response = await send();
      if (response.ok) return await read(response);
      const by = url.startsWith(`${this.#options.uploadPrefix}/v1_1/`) ? 'api' : 'delivery';
      throw failureOf(response, await response.text(), this.#clock.now(), by);
    } catch (error) {
      throw connectionFailure(error, new URL(url).host);
    }
  }
}

/** A timeout that begins anew with each `renew`. */
function startPatience(silenceMs: number) {
  const giveUp = new AbortController();
  const timeout = new DOMException('Nothing came.', 'TimeoutError');
  const timer = setTimeout(() => giveUp.abort(timeout), silenceMs);
  return {
    signal: giveUp.signal,
    renew: () => timer.refresh(),
    [Symbol.dispose]: () => clearTimeout(timer),
  };
}

async function partOf(file: UploadBytes, from: number, until: number): Promise<FilePart> {
  return file.pieces
    ? { stream: () => file.pieces(from, until) }
    : { blob: await file.slice(from, until) };
}

function storedAs({ publicId }: Asset, answer: unknown): StoredAsset {
  const stored = parseAnswer(storedSchema, answer);
  if (stored.public_id === publicId) return stored;
  throw new CloudinaryError(
    'InternalServerError',
    'CLOUDINARY_RENAMED',
    `Cloudinary stored the file as ${stored.public_id} in place of ${publicId}.`,
    { statusCode: 502, help: "Look for naming rules in the account's default upload presets." },
  );
}

/** What an answer says, in the shape that was expected. @throws CloudinaryError CLOUDINARY_BAD_ANSWER */
export function parseAnswer<Schema extends z.ZodMiniType>(
  schema: Schema,
  answer: unknown,
): z.output<Schema> {
  const parsed = z.safeParse(schema, answer);
  if (parsed.success) return parsed.data;
  throw badAnswer(parsed.error.issues.map(({ path }) => path.join('.')).join(', '));
}
