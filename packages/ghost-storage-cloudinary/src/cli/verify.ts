import type { ListedAsset } from '../cloudinary/admin-api.ts';
import { createShrink, sharpOfGhost } from '../store/shrink.ts';
import { openSourceFile } from '../store/source-file.ts';
import { sentenceOf } from './failure.ts';
import { inParallel } from './in-parallel.ts';
import { type LocalFile, scanLocal } from './local-scan.ts';
import type { Progress } from './progress.ts';
import { etagOf, keyOf, listRemote } from './remote-list.ts';
import type { Store } from './stores.ts';

export interface VerifyOptions {
  stores: readonly Store[];
  concurrency: number;
  /** Also asks the CDN for each file. */
  delivered?: boolean;
  /** Ghost's `index.js`, in whose install `sharp` is looked for. */
  ghostEntry?: string | undefined;
  onProgress?: (progress: Progress) => void;
  signal?: AbortSignal | undefined;
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
      if (path && !store.local.has(path)) summary.remoteOnly.push(`${store.name}/${path}`);
    }
  }
  let done = 0;
  const work = async (file: LocalFile) => {
    const name = `${file.store.name}/${file.path}`;
    try {
      const outcome = await compare(file, remote, options);
      if (outcome === 'same') summary.same += 1;
      else summary[outcome].push(name);
    } catch (error) {
      summary.failures.push({ path: name, sentence: sentenceOf(error) });
    }
    done += 1;
    options.onProgress?.({ done, total: files.length, bytes: 0 });
  };
  await inParallel(files, options.concurrency, work, options.signal);
  return summary;
}

async function compare(
  { store, path, absolute }: LocalFile,
  remote: ReadonlyMap<string, ListedAsset>,
  options: VerifyOptions,
): Promise<'same' | 'missing' | 'different' | 'undelivered'> {
  const asset = store.names.assetOf(path);
  const listed = remote.get(keyOf(asset));
  if (listed === undefined) return 'missing';
  if ((await etagOf(store, listed)) !== (await pushedMd5(options, store, absolute))) {
    return 'different';
  }
  const isAsked = options.delivered ?? false;
  const isThere = !isAsked || (await store.cloudinary.isDelivered(store.urls.original(asset)));
  return isThere ? 'same' : 'undelivered';
}

/** The MD5 of what a push sends of a file: an image over the limit was made smaller. */
async function pushedMd5({ ghostEntry }: VerifyOptions, { options }: Store, path: string) {
  const shrink = createShrink({ ...options, loadSharp: () => sharpOfGhost(ghostEntry) });
  return (await shrink({ name: path, path }, await openSourceFile(path))).md5;
}
