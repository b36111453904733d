import type { ListedAsset } from '../cloudinary/admin-api.ts';
import { MAX_PUBLIC_ID_LENGTH } from '../cloudinary/names.ts';
import { hasCode } from '../errors.ts';
import { createShrink, sharpOfGhost } from '../store/shrink.ts';
import { openSourceFile, type SourceFile } from '../store/source-file.ts';
import { eachFile, nameOf, type TransferOptions } from './each-file.ts';
import { Journal } from './journal.ts';
import { type LocalFile, scanLocal } from './local-scan.ts';
import { etagOf, keyOf, listRemote } from './remote-list.ts';
import type { Store } from './stores.ts';

export interface PushOptions extends TransferOptions {
  /** Says what would be done and does nothing. */
  dryRun: boolean;
  journalFile: string;
  /** Ghost's `index.js`, in whose install `sharp` is looked for. */
  ghostEntry: string | undefined;
}

/** How a push ended. */
export interface PushSummary {
  total: number;
  uploaded: number;
  /** There before, with the same bytes. */
  present: number;
  /** Files that another one at Cloudinary has the name of. */
  conflicts: string[];
  failures: { path: string; sentence: string }[];
  bytes: number;
}

/**
 * Copies Ghost's content folder to Cloudinary, under the ids that the adapter looks for. Nothing is
 * replaced there and nothing removed here, and what is stored already is not sent again.
 */
export async function push(options: PushOptions): Promise<PushSummary> {
  const files = await scanLocal(options.stores);
  const journal = options.dryRun ? undefined : new Journal(options.journalFile);
  const summary: PushSummary = {
    ...{ total: files.length, uploaded: 0, present: 0, bytes: 0 },
    ...{ conflicts: [], failures: [] },
  };
  const remote = await remoteOf(options.stores);
  try {
    await eachFile(files, options, summary, async (file) => {
      const outcome = await pushFile(file, { ...options, journal, remote });
      if (outcome === 'conflict') summary.conflicts.push(nameOf(file));
      else summary[outcome] += 1;
      if (outcome === 'uploaded') summary.bytes += file.bytes;
    });
  } finally {
    journal?.close();
  }
  return summary;
}

interface PushContext extends PushOptions {
  journal: Journal | undefined;
  /** Undefined when the account does not let us list: each file is then asked for. */
  remote: Map<string, ListedAsset> | undefined;
}

type Outcome = 'uploaded' | 'present' | 'conflict';

async function pushFile(file: LocalFile, context: PushContext): Promise<Outcome> {
  const { store, path } = file;
  const asset = store.names.assetOf(path);
  const excess = asset.publicId.length - MAX_PUBLIC_ID_LENGTH;
  if (excess > 0) throw new Error(`The name is too long for Cloudinary, by ${excess}.`);
  const id = `${store.options.cloudName}/${keyOf(asset)}`;
  const stamp = `${file.bytes}-${file.modifiedMs}`;
  const state = context.journal?.stateOf(id, stamp);
  const listed = context.remote?.get(keyOf(asset));
  // The list is newer than the journal: what was removed at Cloudinary since is sent again.
  if (state === 'stored' && (context.remote === undefined || listed)) return 'present';

  const source = await sourceToPush(file, context.ghostEntry);
  const note = (noted: 'sent' | 'stored') => context.journal?.note({ id, stamp, state: noted });
  const etag = listed
    ? await etagOf(store, listed)
    : state !== undefined || context.remote === undefined
      ? (await store.cloudinary.find(asset))?.etag
      : undefined;
  if (etag !== undefined) {
    if (etag !== source.md5) return 'conflict';
    note('stored');
    return 'present';
  }
  if (context.dryRun) return 'uploaded';
  note('sent');
  const stored = await store.cloudinary.upload(asset, source.bytes, {
    overwrite: false,
    ...store.detailsOf(path),
  });
  if (stored.existing && stored.etag !== source.md5) return 'conflict';
  note('stored');
  return 'uploaded';
}

/** What a push sends of a file: an image over the limit is made smaller. */
export async function sourceToPush(
  { store, path, absolute }: LocalFile,
  ghostEntry: string | undefined,
): Promise<SourceFile> {
  const shrink = createShrink({ ...store.options, loadSharp: () => sharpOfGhost(ghostEntry) });
  return shrink({ name: path, path: absolute }, await openSourceFile(absolute));
}

async function remoteOf(stores: readonly Store[]): Promise<Map<string, ListedAsset> | undefined> {
  const all = new Map<string, ListedAsset>();
  try {
    for (const store of stores) {
      for (const [key, asset] of await listRemote(store)) all.set(key, asset);
    }
    return all;
  } catch (error) {
    if (hasCode(error, 'CLOUDINARY_FORBIDDEN', 'CLOUDINARY_RATE_LIMITED')) return undefined;
    throw error;
  }
}
