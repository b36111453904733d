import { type RequestHandler, Router } from 'express';
import * as z from 'zod';
import type { CloudAccount } from './account.ts';
import { type Asset, DELIVERY_TYPES, RESOURCE_TYPES } from './asset.ts';
import type { AssetStore } from './asset-store.ts';
import { describeAsset, describeDerived } from './describe-asset.ts';
import { CloudinaryRefusal, notFound } from './refusal.ts';
import { sameSignature } from './signature.ts';

/** What the Admin API works with. */
export interface AdminContext {
  account: CloudAccount;
  store: AssetStore;
  now: () => number;
}

/** The Admin API with its limit of calls for each hour. */
export interface AdminApi {
  router: Router;
  /** Gives the hour's calls back. */
  reset(): void;
}

const HOUR_MS = 3_600_000;

/** Creates the Admin API; mount it at `/v1_1/:cloud`. */
export function createAdminApi(context: AdminContext): AdminApi {
  const { account, store } = context;
  const limit = createHourlyLimit(context);
  const router = Router({ mergeParams: true });
  router.use(authenticate(account), limit.middleware);
  router.get('/ping', (_request, response) => void response.json({ status: 'ok' }));
  router.get('/usage', (_request, response) => void response.json(usage(context)));
  router.get('/config', (request, response) => {
    const { folderMode } = account.settings.current;
    const settings = request.query['settings'] === 'true' && {
      settings: { folder_mode: folderMode },
    };
    response.json({ cloud_name: account.cloudName, ...settings });
  });
  router.get('/resources/:resourceType{/:type}', (request, response) => {
    response.json(listResources({ ...request.params, ...request.query }, context));
  });
  router.get('/resources/:resourceType/:type/*publicId', (request, response) => {
    const publicId = request.params.publicId.join('/');
    response.locals['subject'] = publicId;
    const key = resourceSchema.safeParse(request.params);
    const asset = key.success ? store.get({ ...key.data, publicId }) : undefined;
    if (asset === undefined) throw notFound(publicId);
    const derived = asset.eager.map((file) => describeDerived(asset, file, account));
    response.json({ ...describeAsset(asset, account), derived });
  });
  return { router, reset: limit.reset };
}

function authenticate(account: CloudAccount): RequestHandler {
  return (request, _response, next) => {
    const [scheme, credentials = ''] = (request.headers.authorization ?? '').split(' ');
    if (scheme !== 'Basic') throw new CloudinaryRefusal(401, 'Invalid credentials');
    const [key = '', secret = ''] = Buffer.from(credentials, 'base64').toString().split(':');
    if (key !== account.apiKey) throw new CloudinaryRefusal(401, 'unknown api_key');
    if (!sameSignature(secret, account.apiSecret)) {
      throw new CloudinaryRefusal(401, 'api_secret mismatch');
    }
    if (request.params['cloud'] !== account.cloudName) {
      throw new CloudinaryRefusal(401, 'cloud_name mismatch');
    }
    next();
  };
}

function createHourlyLimit({ account, now }: AdminContext): {
  middleware: RequestHandler;
  reset: () => void;
} {
  let hour = 0;
  let calls = 0;
  const middleware: RequestHandler = (_request, response, next) => {
    const current = Math.floor(now() / HOUR_MS);
    if (current !== hour) [hour, calls] = [current, 0];
    calls += 1;
    const limit = account.settings.current.adminCallsPerHour;
    const reset = new Date((hour + 1) * HOUR_MS);
    response.set({
      'X-FeatureRateLimit-Limit': String(limit),
      'X-FeatureRateLimit-Remaining': String(Math.max(0, limit - calls)),
      'X-FeatureRateLimit-Reset': reset.toUTCString(),
    });
    if (calls <= limit) return next();
    const until = reset.toISOString().replace(/T(.*)\..*/, ' $1 UTC');
    throw new CloudinaryRefusal(
      420,
      `Rate Limit Exceeded. Limit of ${limit} api operations reached. Try again on ${until}`,
    );
  };
  return {
    middleware,
    reset: () => {
      calls = 0;
    },
  };
}

function usage({ account, store, now }: AdminContext): object {
  const assets = store.list();
  const bytes = assets.reduce((sum, asset) => sum + asset.bytes, 0);
  const derived = assets.reduce((sum, asset) => sum + asset.eager.length, 0);
  const limits = account.settings.current;
  const { plan, creditsUsed, creditLimit } = limits;
  return {
    plan,
    last_updated: new Date(now()).toISOString().slice(0, 10),
    credits: {
      usage: creditsUsed,
      limit: creditLimit,
      used_percent: Number(((creditsUsed / creditLimit) * 100).toFixed(2)),
    },
    storage: { usage: bytes },
    resources: assets.length,
    derived_resources: derived,
    media_limits: {
      image_max_size_bytes: limits.imageMaxBytes,
      video_max_size_bytes: limits.videoMaxBytes,
      raw_max_size_bytes: limits.rawMaxBytes,
      image_max_px: limits.imageMaxPixels,
    },
  };
}

const resourceSchema = z.object({
  resourceType: z.enum(RESOURCE_TYPES),
  type: z.enum(DELIVERY_TYPES),
});

const listSchema = z.object({
  resourceType: z.enum(RESOURCE_TYPES),
  type: z.enum(DELIVERY_TYPES).default('upload'),
  prefix: z.string().default(''),
  max_results: z.coerce.number().int().min(1).max(500).default(10),
  /** The public_id that the page before ended with. */
  next_cursor: z.string().default(''),
});

function listResources(query: unknown, { account, store }: AdminContext): object {
  const parsed = listSchema.safeParse(query);
  if (!parsed.success) throw new CloudinaryRefusal(400, z.prettifyError(parsed.error));
  const { resourceType, type, prefix, max_results: size, next_cursor: cursor } = parsed.data;
  const after = Buffer.from(cursor, 'hex').toString();
  const wanted = (asset: Asset): boolean =>
    asset.resourceType === resourceType &&
    asset.type === type &&
    asset.publicId.startsWith(prefix) &&
    asset.publicId > after;
  const found = store.list().filter(wanted);
  const page = found.slice(0, size);
  const last = page.at(-1);
  return {
    resources: page.map((asset) => describeAsset(asset, account)),
    ...(found.length > size && last && { next_cursor: Buffer.from(last.publicId).toString('hex') }),
  };
}
