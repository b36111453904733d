import { createShrink, sharpOfGhost } from '../shrink.ts';
import { openSourceFile } from '../source-file.ts';
import { inLanes } from './lanes.ts';
import { scanLocal } from './local-scan.ts';
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
}

/** Compares Ghost's content folder with Cloudinary, byte for byte by their hashes. */
export async function verify(options: VerifyOptions): Promise<VerifySummary> {
  const files = await scanLocal(options.stores);
  const summary: VerifySummary = {
    ...{ total: files.length, same: 0 },
    ...{ missing: [], different: [], undelivered: [] },
  };
  const remote = new Map(
    (await Promise.all(options.stores.map(listRemote))).flatMap((listed) => [...listed]),
  );
  let done = 0;
  await inLanes(
    files,
    options.concurrency,
    async ({ store, path, absolute }) => {
      const name = `${store.name}/${path}`;
      const asset = store.names.assetOf(path);
      const listed = remote.get(keyOf(asset));
      if (listed === undefined) summary.missing.push(name);
      else if ((await etagOf(store, listed)) !== (await pushedMd5(options, store, absolute))) {
        summary.different.push(name);
      } else if (options.delivered && !(await isDelivered(store.urls.original(asset)))) {
        summary.undelivered.push(name);
      } else summary.same += 1;
      done += 1;
      options.onProgress?.({ done, total: files.length, bytes: 0 });
    },
    options.signal,
  );
  return summary;
}

/** The MD5 of what a push sends of a file: an image over the limit was made smaller. */
async function pushedMd5({ ghostEntry }: VerifyOptions, { options }: Store, path: string) {
  const shrink = createShrink({ ...options, loadSharp: () => sharpOfGhost(ghostEntry) });
  return (await shrink({ name: path, path }, await openSourceFile(path))).md5;
}

async function isDelivered(url: string): Promise<boolean> {
  const response = await fetch(url, { method: 'HEAD' });
  return response.ok;
}
