import * as z from 'zod/mini';
import { type CloudinaryOptions, parseAnswer } from './cloudinary.ts';
import { connectionFailure, failureOf } from './failures.ts';
import type { ResourceType } from './resource-type.ts';
import { systemClock, withRetries } from './retry.ts';

/** One account, as the Admin API knows it. */
type AdminApiOptions = Omit<CloudinaryOptions, 'signatureAlgorithm' | 'chunkBytes' | 'fetch'>;

const usedSchema = z.optional(z.object({ usage: z.optional(z.number()) }));

/** https://cloudinary.com/documentation/admin_api#usage */
const usageSchema = z.object({
  plan: z._default(z.string(), 'unknown'),
  last_updated: z.optional(z.string()),
  storage: usedSchema,
  bandwidth: usedSchema,
  transformations: usedSchema,
  resources: z.optional(z.number()),
  credits: z.optional(z.object({ usage: z.optional(z.number()), limit: z.optional(z.number()) })),
  media_limits: z.object({
    image_max_size_bytes: z.number(),
    video_max_size_bytes: z.number(),
    raw_max_size_bytes: z.number(),
    image_max_px: z.number(),
  }),
});

/** Plan, credits and limits. */
export type Usage = z.output<typeof usageSchema>;

const settingsSchema = z.object({
  settings: z.optional(z.object({ folder_mode: z.optional(z.string()) })),
});

const pageSchema = z.object({
  resources: z.array(
    z.object({
      public_id: z.string(),
      bytes: z.number(),
      version: z.number(),
      etag: z.optional(z.string()),
    }),
  ),
  next_cursor: z.optional(z.string()),
});

/** An asset in a list. */
export interface ListedAsset {
  publicId: string;
  resourceType: ResourceType;
  bytes: number;
  version: number;
  /** Not every account's list has it. */
  etag: string | undefined;
}

/**
 * Cloudinary's Admin API, for the command alone: it is limited to 500 calls an hour on a free plan.
 * Errors are CloudinaryErrors.
 */
export class AdminApi {
  readonly #options: AdminApiOptions;

  constructor(options: AdminApiOptions) {
    this.#options = options;
  }

  /** Whether key and secret belong together. Also tells the API's clock, in ms. */
  async ping(): Promise<{ clock: number | undefined }> {
    const { headers } = await this.#get('/ping');
    const date = Date.parse(headers.get('date') ?? '');
    return { clock: Number.isNaN(date) ? undefined : date };
  }

  async usage(): Promise<Usage> {
    return parseAnswer(usageSchema, (await this.#get('/usage')).body);
  }

  /** `dynamic` or `fixed`; undefined when the account does not say. */
  async folderMode(): Promise<string | undefined> {
    const { body } = await this.#get('/config?settings=true');
    return parseAnswer(settingsSchema, body).settings?.folder_mode;
  }

  /** Every asset of a type whose public_id begins with a prefix, 500 a call. */
  async *list(resourceType: ResourceType, prefix: string): AsyncGenerator<ListedAsset> {
    let cursor: string | undefined;
    do {
      const query = new URLSearchParams({ prefix, max_results: '500' });
      if (cursor !== undefined) query.set('next_cursor', cursor);
      const { body } = await this.#get(`/resources/${resourceType}/upload?${query}`);
      const page = parseAnswer(pageSchema, body);
      for (const { public_id: publicId, ...found } of page.resources) {
        yield { publicId, resourceType, etag: undefined, ...found };
      }
      cursor = page.next_cursor;
    } while (cursor !== undefined);
  }

  #get(path: string): Promise<{ body: unknown; headers: Headers }> {
    const { uploadPrefix, cloudName, apiKey, apiSecret, clock = systemClock } = this.#options;
    const url = `${uploadPrefix}/v1_1/${cloudName}${path}`;
    const login = Buffer.from(`${apiKey}:${apiSecret}`).toString('base64');
    const once = async (signal: AbortSignal) => {
      try {
        const response = await fetch(url, { signal, headers: { authorization: `Basic ${login}` } });
        if (!response.ok) throw failureOf(response, await response.text(), clock.now());
        return { body: (await response.json()) as unknown, headers: response.headers };
      } catch (error) {
        throw connectionFailure(error, new URL(url).host);
      }
    };
    return withRetries(once, this.#options, clock);
  }
}
