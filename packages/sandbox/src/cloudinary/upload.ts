import { rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { Request } from 'express';
import { HEX, type Random } from '../stand-in/random.ts';
import { type Asset, type AssetKey, RESOURCE_TYPES, type ResourceType } from './asset.ts';
import { authorizeCall } from './authorize-call.ts';
import { type ContentRange, parseContentRange } from './content-range.ts';
import { type DeriveContext, deriveEagerly, parseEager } from './derive.ts';
import { describeUpload } from './describe-asset.ts';
import { type Inspection, inspectFile } from './inspect-file.ts';
import { choosePublicId, stemOf } from './naming.ts';
import type { PartedUploads } from './parted-uploads.ts';
import type { ReceivedFile } from './received-file.ts';
import { CloudinaryRefusal } from './refusal.ts';
import { readUploadForm } from './upload-form.ts';
import { parseUploadParams, type UploadParams } from './upload-params.ts';

/** What the Upload API works with. */
export interface UploadContext extends DeriveContext {
  parts: PartedUploads;
  random: Random;
  now: () => number;
}

interface Upload {
  file: ReceivedFile;
  params: UploadParams;
}

/** How long an upload that is not atomic dwells between its look and its write. */
const RACE_MS = 100;

/** `POST /v1_1/:cloud/:resourceType/upload`: the answer's body, once the asset is on disk. */
export async function upload(request: Request, context: UploadContext): Promise<object> {
  const form = await readUploadForm(request, context.store.scratch);
  let file = form.file;
  try {
    const cloudName = String(request.params['cloud']);
    authorizeCall({ cloudName, params: form.params }, context.account, context.now());
    if (file === undefined) throw new CloudinaryRefusal(400, 'Missing required parameter - file');
    const asked = parseResourceType(request.params['resourceType']);
    checkRequestSize(file, context);
    const uploadId = request.get('x-unique-upload-id');
    const range = request.get('content-range');
    if (uploadId !== undefined && range !== undefined) {
      const whole = await takePart({ uploadId, range: parseContentRange(range), file }, context);
      if (whole === undefined) {
        // The part is kept: from here on it belongs to the upload.
        file = undefined;
        return { done: false, kind: 'upload', resource_type: asked };
      }
      file = whole;
    }
    const params = parseUploadParams(form.params);
    return await storeUpload(request, { file, params, asked }, context);
  } finally {
    if (file !== undefined) await rm(file.path, { force: true });
  }
}

function parseResourceType(name: unknown): ResourceType | 'auto' {
  const found = [...RESOURCE_TYPES, 'auto' as const].find((candidate) => candidate === name);
  if (found === undefined) throw new CloudinaryRefusal(400, `Invalid resource_type ${name}`);
  return found;
}

function tooLarge(bytes: number, maximum: number): CloudinaryRefusal {
  const message = `File size too large. Got ${bytes}. Maximum is ${maximum}.`;
  return new CloudinaryRefusal(400, message);
}

function checkRequestSize({ bytes }: ReceivedFile, { account }: UploadContext): void {
  const { requestMaxBytes } = account.settings.current;
  if (bytes > requestMaxBytes) throw tooLarge(bytes, requestMaxBytes);
}

async function takePart(
  { uploadId, range, file }: { uploadId: string; range: ContentRange; file: ReceivedFile },
  { account, parts }: UploadContext,
): Promise<ReceivedFile | undefined> {
  if (file.bytes !== range.end - range.start) {
    throw new CloudinaryRefusal(400, `Content-Range does not match the size ${file.bytes}`);
  }
  if (range.end !== range.total && file.bytes < account.settings.current.partMinBytes) {
    throw new CloudinaryRefusal(400, 'All parts except EOF-chunk must be larger than 5mb');
  }
  return parts.add(uploadId, range, file);
}

async function storeUpload(
  request: Request,
  { file, params, asked }: Upload & { asked: ResourceType | 'auto' },
  context: UploadContext,
): Promise<object> {
  const { account, store, random } = context;
  const inspection = await inspectFile(file, asked);
  const { resourceType } = inspection;
  const limits = account.settings.current;
  const maximum = limits[`${resourceType}MaxBytes`];
  if (file.bytes > maximum) throw tooLarge(file.bytes, maximum);
  checkFormat(inspection, params);
  const publicId = choosePublicId(params, { filename: file.filename, resourceType }, random);
  const key = { resourceType, type: params.type, publicId };
  if (request.res) request.res.locals['subject'] = publicId;
  for (const text of params.eager) parseEager(inspection, text, account);

  const added = { file, params, inspection };
  if (limits.overwriteNotAtomic && !params.overwrite && store.get(key) === undefined) {
    await delay(RACE_MS);
    const lost = store.get(key);
    const answer = await finish(putAsset(key, added, context), params, context);
    return lost === undefined ? answer : { ...answer, overwritten: true };
  }
  // No await between this look and the write: of two uploads at once exactly one creates the asset.
  const existing = store.get(key);
  if (existing !== undefined && !params.overwrite) {
    return { ...describeUpload(existing, account), existing: true };
  }
  const asset = putAsset(key, added, context);
  const answer = await finish(asset, params, context);
  return existing === undefined ? answer : { ...answer, overwritten: true };
}

function checkFormat({ format }: Inspection, { allowed_formats: allowed }: UploadParams): void {
  if (allowed === undefined || format === undefined || allowed.includes(format)) return;
  throw new CloudinaryRefusal(400, `Image file format ${format} not allowed`);
}

function putAsset(
  key: AssetKey,
  { file, params, inspection }: Upload & { inspection: Inspection },
  { store, random, now }: UploadContext,
): Asset {
  const replaced = store.get(key);
  const name = key.publicId.split('/').at(-1) ?? key.publicId;
  const record = {
    ...key,
    ...inspection,
    assetId: replaced?.assetId ?? random.text(32, HEX),
    version: Math.max(Math.floor(now() / 1000), (replaced?.version ?? 0) + 1),
    versionId: random.text(32, HEX),
    bytes: file.bytes,
    etag: file.etag,
    createdAt: new Date(now()).toISOString().replace(/\.\d+/, ''),
    tags: params.tags ?? [],
    context: params.context ?? {},
    assetFolder: params.asset_folder ?? params.folder ?? '',
    displayName: params.display_name ?? name,
    originalFilename: stemOf(params.filename_override ?? file.filename),
    eager: [],
  };
  return store.put(record, file.path);
}

async function finish(asset: Asset, params: UploadParams, context: UploadContext): Promise<object> {
  const finished = await addEager(asset, params, context);
  return describeUpload(finished, context.account);
}

/** Adds derived files to an asset; with `eager_async` the answer does not wait for them. */
export async function addEager(
  asset: Asset,
  { eager, eager_async: inBackground }: Pick<UploadParams, 'eager' | 'eager_async'>,
  context: DeriveContext,
): Promise<Asset> {
  if (eager.length === 0) return asset;
  const make = async (): Promise<Asset> => {
    const made = await deriveEagerly(asset, eager, context);
    const current = context.store.get(asset);
    const kept = (current ?? asset).eager.filter(
      (old) => !made.some((derived) => derived.transformation === old.transformation),
    );
    const updated: Asset = { ...(current ?? asset), eager: [...kept, ...made] };
    // An asset that was replaced or deleted meanwhile stays as it is now.
    if (current?.versionId === asset.versionId) context.store.update(updated);
    return updated;
  };
  if (!inBackground) return make();
  make().catch(() => undefined);
  return asset;
}
