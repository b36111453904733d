import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ListedAsset } from '../cloudinary/admin-api.ts';
import { parseRequestPath } from '../serve/request-path.ts';
import { md5Of } from '../store/source-file.ts';
import { eachFile, nameOf, type TransferOptions } from './each-file.ts';
import { etagOf, listRemote } from './remote-list.ts';
import type { Store } from './stores.ts';

export interface PullOptions extends TransferOptions {
  /** Says what would be done and does nothing. */
  dryRun: boolean;
}

/** How a pull ended. */
export interface PullSummary {
  total: number;
  downloaded: number;
  /** Here before, with the same bytes. */
  present: number;
  /** Files here that differ from what Cloudinary has; they stay. */
  conflicts: string[];
  /** Assets in the folder that no path of Ghost leads to. */
  foreign: string[];
  failures: { path: string; sentence: string }[];
  bytes: number;
}

/** Copies what is at Cloudinary back into Ghost's content folder. Nothing here is replaced. */
export async function pull(options: PullOptions): Promise<PullSummary> {
  const summary: PullSummary = {
    ...{ total: 0, downloaded: 0, present: 0, bytes: 0 },
    ...{ conflicts: [], foreign: [], failures: [] },
  };
  const wanted: { store: Store; path: string; listed: ListedAsset }[] = [];
  for (const store of options.stores) {
    for (const listed of (await listRemote(store)).values()) {
      const path = store.names.pathOf(listed.publicId, listed.resourceType);
      // A public_id that somebody else made must not lead out of the folder.
      const isPlain = path !== undefined && parseRequestPath(`/${encodeURI(path)}`) !== undefined;
      if (isPlain) wanted.push({ store, path, listed });
      else summary.foreign.push(listed.publicId);
    }
  }
  summary.total = wanted.length;
  await eachFile(wanted, options, summary, async (file) => {
    const outcome = await pullFile(file.store, file.path, file.listed, options.dryRun);
    if (outcome === 'conflict') summary.conflicts.push(nameOf(file));
    else summary[outcome] += 1;
    if (outcome === 'downloaded') summary.bytes += file.listed.bytes;
  });
  return summary;
}

async function pullFile(
  store: Store,
  path: string,
  listed: ListedAsset,
  dryRun: boolean,
): Promise<'downloaded' | 'present' | 'conflict'> {
  const target = join(store.local.root, path);
  const here = await stat(target).catch(() => undefined);
  const etag = await etagOf(store, listed);
  if (here?.isFile()) {
    const isSame = here.size === listed.bytes && (await md5Of(target)) === etag;
    return isSame ? 'present' : 'conflict';
  }
  if (dryRun) return 'downloaded';
  await mkdir(dirname(target), { recursive: true });
  const unfinished = join(dirname(target), `.${randomUUID()}.part`);
  try {
    const asset = store.names.assetOf(path);
    await store.cloudinary.downloadTo(store.urls.original(asset, listed.version), unfinished);
    const { size } = await stat(unfinished);
    if (size !== listed.bytes) {
      throw new Error(`${size} bytes came where Cloudinary stores ${listed.bytes}.`);
    }
    // Whether the ETag of a file that came in parts is its MD5, Cloudinary does not say.
    const isHashed = etag !== undefined && size <= store.options.chunkBytes;
    if (isHashed && (await md5Of(unfinished)) !== etag) {
      throw new Error('other bytes came than Cloudinary stores. Pull again.');
    }
    await rename(unfinished, target);
  } finally {
    await rm(unfinished, { force: true });
  }
  return 'downloaded';
}
