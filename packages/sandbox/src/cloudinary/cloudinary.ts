import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ErrorRequestHandler, Express, RequestHandler, Router } from 'express';
import { createSettings } from '../stand-in/settings.ts';
import { createFrame, listenAs, type StandIn, type StandInContext } from '../stand-in/stand-in.ts';
import type { CloudAccount } from './account.ts';
import { createAdminApi } from './admin.ts';
import { openAssetStore } from './asset-store.ts';
import { type DeliveryContext, deliver } from './delivery.ts';
import { openDerivedFiles } from './derived-files.ts';
import { describeAsset } from './describe-asset.ts';
import { destroy, explicit, rename } from './library.ts';
import { createNegativeCache } from './negative-cache.ts';
import { assetsPanel } from './panel.ts';
import { createPartedUploads } from './parted-uploads.ts';
import { CloudinaryRefusal, errorHeader } from './refusal.ts';
import { type CloudinarySettingsInput, cloudinarySettings } from './settings.ts';
import { type UploadContext, upload } from './upload.ts';

/** The cloud that the stand-in plays. */
export interface CloudinaryOptions {
  /** (Default: `prosora`) */
  cloudName?: string;
  /** (Default: a fixed number, so that an environment file stays right) */
  apiKey?: string;
  /** (Default: a fixed text; it guards nothing) */
  apiSecret?: string;
  /** Delivery URLs without the cloud name, as on a private CDN or a CNAME. (Default: false) */
  privateCdn?: boolean;
  /** Limits and switches to start with; `reset()` returns to them. */
  settings?: CloudinarySettingsInput;
}

/** A running Cloudinary stand-in. */
export interface Cloudinary extends StandIn, CloudAccount {
  readonly settings: CloudAccount['settings'];
  /** For the environment variable of this name: key, secret, cloud and where the API is. */
  readonly cloudinaryUrl: string;
  /** What is stored, as the Admin API describes it. */
  assets(): ReturnType<typeof describeAsset>[];
}

/** Starts the stand-in on a port of its own: API and delivery share the origin. */
export async function startCloudinary(
  context: StandInContext,
  options: CloudinaryOptions = {},
): Promise<Cloudinary> {
  const { random, now } = context;
  const frame = createFrame(context);
  const settings = createSettings(cloudinarySettings, options.settings ?? {});
  mkdirSync(context.dir, { recursive: true });
  const store = openAssetStore(context);
  const derivedFiles = openDerivedFiles(join(context.dir, 'derived'));
  const listener = await listenAs(frame.app, context);
  const cloudName = options.cloudName ?? 'prosora';
  const privateCdn = options.privateCdn ?? false;
  const account: CloudAccount = {
    cloudName,
    apiKey: options.apiKey ?? '421365870921364',
    apiSecret: options.apiSecret ?? 'sandbox-cloudinary-secret',
    deliveryUrl: privateCdn ? listener.url : `${listener.url}/${cloudName}`,
    settings,
  };
  const parts = createPartedUploads(store);
  const negativeCache = createNegativeCache(now);
  const shared = { account, store, derivedFiles, parts, random, now, privateCdn, negativeCache };
  const admin = createAdminApi(shared);
  mountRoutes(frame.app, { ...shared, adminRouter: admin.router });

  const { settings: _settings, ...credentials } = account;
  const login = `${account.apiKey}:${account.apiSecret}@${cloudName}`;
  const cloudinaryUrl = `cloudinary://${login}?upload_prefix=${listener.url}`;
  const access = { url: listener.url, ...credentials, cloudinaryUrl };
  const assets = () => store.list().map((asset) => describeAsset(asset, account));
  const forgetful = [frame.faults, frame.requests, parts, negativeCache, derivedFiles, store];
  return {
    name: 'cloudinary',
    ...access,
    settings,
    faults: frame.faults,
    requests: frame.requests,
    assets,
    access: () => access,
    views: { assets },
    panel: () => assetsPanel(shared),
    reset: async () => {
      for (const part of forgetful) part.clear();
      settings.reset();
      admin.reset();
    },
    close: async () => {
      await listener.close();
      store.close();
    },
  };
}

function mountRoutes(
  app: Express,
  { adminRouter, ...context }: UploadContext & DeliveryContext & { adminRouter: Router },
): void {
  for (const [action, handle] of Object.entries({ upload, explicit, destroy, rename })) {
    app.post(`/v1_1/:cloud/:resourceType/${action}`, async (request, response) => {
      response.json(await handle(request, context));
    });
  }
  app.use('/v1_1/:cloud', adminRouter);
  app.use('/v1_1', refuseUnknown, answerRefusal);
  app.use(deliver(context));
}

const refuseUnknown: RequestHandler = (request) => {
  throw new CloudinaryRefusal(
    404,
    `The sandbox has no ${request.method} ${request.baseUrl}${request.path}`,
  );
};

/** The API's errors: the sentence in the body and in a header, as the vendor sends them. */
const answerRefusal: ErrorRequestHandler = (error, _request, response, next) => {
  if (!(error instanceof CloudinaryRefusal)) return next(error);
  response.status(error.status).set('X-Cld-Error', errorHeader(error.message));
  response.json({ error: { message: error.message } });
};
