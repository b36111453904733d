import { rm } from 'node:fs/promises';
import type { Request } from 'express';
import * as z from 'zod';
import { type Asset, type AssetKey, DELIVERY_TYPES, RESOURCE_TYPES } from './asset.ts';
import { authorizeCall } from './authorize-call.ts';
import { parseEager } from './derive.ts';
import { describeUpload } from './describe-asset.ts';
import { CloudinaryRefusal, notFound } from './refusal.ts';
import type { ApiParams } from './signature.ts';
import { addEager, type UploadContext } from './upload.ts';
import { readUploadForm } from './upload-form.ts';
import { parseUploadParams } from './upload-params.ts';

/** `POST …/explicit`: changes what is known of an asset and makes derived files. */
export async function explicit(request: Request, context: UploadContext): Promise<object> {
  const params = await readCall(request, context);
  const asset = findAsset(request, params, context);
  const { tags, context: pairs, ...changes } = parseUploadParams(params);
  for (const text of changes.eager) parseEager(asset, text, context.account);
  const updated: Asset = {
    ...asset,
    tags: tags ?? asset.tags,
    context: { ...asset.context, ...pairs },
    assetFolder: changes.asset_folder ?? asset.assetFolder,
    displayName: changes.display_name ?? asset.displayName,
  };
  context.store.update(updated);
  return describeUpload(await addEager(updated, changes, context), context.account);
}

/** `POST …/destroy`: an asset that is not there is an answer, not an error. */
export async function destroy(request: Request, context: UploadContext): Promise<object> {
  const params = await readCall(request, context);
  const deleted = context.store.delete(keyIn(request, params, 'public_id'));
  return { result: deleted ? 'ok' : 'not found' };
}

/** `POST …/rename`: the asset keeps its version and its bytes. */
export async function rename(request: Request, context: UploadContext): Promise<object> {
  const params = await readCall(request, context);
  const from = keyIn(request, params, 'from_public_id');
  const to = keyIn(request, params, 'to_public_id');
  const asset = context.store.get(from);
  if (asset === undefined) throw notFound(from.publicId);
  const overwrite = ['1', 'true'].includes(String(params['overwrite']));
  if (context.store.get(to) !== undefined && !overwrite) {
    throw new CloudinaryRefusal(400, `to_public_id ${to.publicId} already exists`);
  }
  return describeUpload(context.store.rename(asset, to.publicId), context.account);
}

async function readCall(request: Request, context: UploadContext): Promise<ApiParams> {
  const { params, file } = await readUploadForm(request, context.store.scratch);
  // These calls take no file; one that is sent all the same must not stay behind.
  if (file !== undefined) await rm(file.path, { force: true });
  const cloudName = String(request.params['cloud']);
  authorizeCall({ cloudName, params }, context.account, context.now());
  return params;
}

const keySchema = z.object({
  resourceType: z.enum(RESOURCE_TYPES),
  type: z.enum(DELIVERY_TYPES).default('upload'),
  publicId: z.string().min(1),
});

function keyIn(request: Request, params: ApiParams, idParam: string): AssetKey {
  const parsed = keySchema.safeParse({
    resourceType: request.params['resourceType'],
    type: params['type'],
    publicId: params[idParam],
  });
  if (!parsed.success) throw new CloudinaryRefusal(400, `Missing required parameter - ${idParam}`);
  if (request.res) request.res.locals['subject'] = parsed.data.publicId;
  return parsed.data;
}

function findAsset(request: Request, params: ApiParams, context: UploadContext): Asset {
  const key = keyIn(request, params, 'public_id');
  const asset = context.store.get(key);
  if (asset === undefined) throw notFound(key.publicId);
  return asset;
}
