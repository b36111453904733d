import type { ListedAsset } from '../cloudinary/admin-api.ts';
import { eachFile, nameOf, type TransferOptions } from './each-file.ts';
import { type LocalFile, scanLocal } from './local-scan.ts';
import { sourceToPush } from './push.ts';
import { etagOf, keyOf, listRemote } from './remote-list.ts';

export interface VerifyOptions extends TransferOptions {
  /** Also asks the CDN for each file. */
  delivered: boolean;
  /** Ghost's `index.js`, in whose install `sharp` is looked for. */
  ghostEntry: string | undefined;
}

/** What a comparison found. */
export interface VerifySummary {
  total: number;
  same: number;
  missing: string[];
  different: string[];
  /** Stored, and refused to readers: PDF and ZIP files of an account that does not deliver them. */
  undelivered: string[];
  /** At Cloudinary under a path of Ghost, and not here. */
  remoteOnly: string[];
  failures: { path: string; sentence: string }[];
}

/** Compares Ghost's content folder with Cloudinary, byte for byte by their hashes. */
export async function verify(options: VerifyOptions): Promise<VerifySummary> {
  const files = await scanLocal(options.stores);
  const summary: VerifySummary = {
    ...{ total: files.length, same: 0 },
    ...{ missing: [], different: [], undelivered: [], remoteOnly: [], failures: [] },
  };
  const remote = new Map<string, ListedAsset>();
  for (const store of options.stores) {
    for (const [key, listed] of await listRemote(store)) {
      remote.set(key, listed);
      const path = store.names.pathOf(listed.publicId, listed.resourceType);
      if (path && !store.local.has(path)) summary.remoteOnly.push(nameOf({ store, path }));
    }
  }
  await eachFile(files, options, { failures: summary.failures, bytes: 0 }, async (file) => {
    const outcome = await compare(file, remote, options);
    if (outcome === 'same') summary.same += 1;
    else summary[outcome].push(nameOf(file));
  });
  return summary;
}

async function compare(
  file: LocalFile,
  remote: ReadonlyMap<string, ListedAsset>,
  options: VerifyOptions,
): Promise<'same' | 'missing' | 'different' | 'undelivered'> {
  const { store, path } = file;
  const asset = store.names.assetOf(path);
  const listed = remote.get(keyOf(asset));
  if (listed === undefined) return 'missing';
  const { md5 } = await sourceToPush(file, options.ghostEntry);
  if ((await etagOf(store, listed)) !== md5) return 'different';
  const isThere =
    !options.delivered || (await store.cloudinary.isDelivered(store.urls.original(asset)));
  return isThere ? 'same' : 'undelivered';
}
