import { join } from 'node:path';
import { type Verb, verb } from '@prosora/service';
import { GHOST_FLAG, ghostEntryAt, type Place, settingsAt } from './place.ts';
import { type PullSummary, pull } from './pull.ts';
import { type PushSummary, push } from './push.ts';
import { closing, type Ended, exitCode, TRANSFER_FLAGS, transferOf, underWay } from './transfer.ts';
import { type VerifySummary, verify } from './verify.ts';

const JOURNAL = '.ghost-cloudinary-push.jsonl';

const DRY_RUN_FLAG = {
  'dry-run': { type: 'boolean', help: 'Say what would be done, and do nothing' },
} as const;

/** Makes the verb `push`. */
export function pushAt(place: Place): Verb {
  return verb({
    help: 'Copies the content folder to Cloudinary; goes on where it was stopped',
    flags: {
      ...TRANSFER_FLAGS,
      ...GHOST_FLAG,
      ...DRY_RUN_FLAG,
      journal: {
        type: 'string',
        value: 'FILE',
        help: `Where it notes what is done (default: ${JOURNAL} in the content folder)`,
      },
    },
    async run({ flags, show }) {
      const ghost = settingsAt(place, flags);
      const dryRun = flags['dry-run'];
      const ended = await underWay(place, (control) =>
        push({
          ...transferOf(ghost, flags),
          ...control,
          dryRun,
          journalFile: flags.journal ?? join(ghost.contentPath, JOURNAL),
          ghostEntry: ghostEntryAt(place, flags),
        }),
      );
      show(ended, () => pushed(ended, dryRun ? 'to upload' : 'uploaded'));
      return exitCode(ended, [ended.conflicts, ended.failures]);
    },
  });
}

function* pushed(ended: Ended<PushSummary>, done: string): Generator<string> {
  const { total, uploaded, present, conflicts, failures, bytes } = ended;
  for (const path of conflicts) yield `✘ ${path}: Cloudinary has another file of this name.`;
  yield* failed(failures);
  yield* closing(
    `${total} files: ${uploaded} ${done} (${megabytes(bytes)}), ${present} there already, ` +
      `${conflicts.length} in conflict, ${failures.length} failed`,
    ended,
  );
}

/** Makes the verb `pull`. */
export function pullAt(place: Place): Verb {
  return verb({
    help: 'Copies everything at Cloudinary into the content folder',
    flags: { ...TRANSFER_FLAGS, ...DRY_RUN_FLAG },
    async run({ flags, show }) {
      const dryRun = flags['dry-run'];
      const ended = await underWay(place, (control) =>
        pull({ ...transferOf(settingsAt(place, flags), flags), ...control, dryRun }),
      );
      show(ended, () => pulled(ended, dryRun ? 'to download' : 'downloaded'));
      return exitCode(ended, [ended.conflicts, ended.failures]);
    },
  });
}

function* pulled(ended: Ended<PullSummary>, done: string): Generator<string> {
  const { total, downloaded, present, conflicts, foreign, failures, bytes } = ended;
  for (const path of conflicts) yield `✘ ${path}: another file of this name is here; it stays.`;
  for (const id of foreign) yield `! ${id}: no path of Ghost leads to it; left out.`;
  yield* failed(failures);
  yield* closing(
    `${total} files: ${downloaded} ${done} (${megabytes(bytes)}), ${present} here already, ` +
      `${conflicts.length} in conflict, ${failures.length} failed`,
    ended,
  );
}

/** Makes the verb `verify`. */
export function verifyAt(place: Place): Verb {
  return verb({
    help: 'Compares the content folder with Cloudinary, byte for byte by their hashes',
    flags: {
      ...TRANSFER_FLAGS,
      ...GHOST_FLAG,
      delivered: { type: 'boolean', help: 'Also ask the CDN for each file' },
      both: { type: 'boolean', help: 'Also fail for what is at Cloudinary alone' },
    },
    async run({ flags, show }) {
      const ended = await underWay(place, (control) =>
        verify({
          ...transferOf(settingsAt(place, flags), flags),
          ...control,
          delivered: flags.delivered,
          ghostEntry: ghostEntryAt(place, flags),
        }),
      );
      // While the adapter is in use, that is where new files are.
      const alone = flags.both ? ended.remoteOnly : [];
      show(ended, () => compared(ended, alone));
      const { missing, different, undelivered, failures } = ended;
      return exitCode(ended, [missing, different, undelivered, failures, alone]);
    },
  });
}

function* compared(ended: Ended<VerifySummary>, alone: readonly string[]): Generator<string> {
  const { total, same, missing, different, undelivered, remoteOnly, failures } = ended;
  for (const path of missing) yield `✘ ${path}: is not at Cloudinary.`;
  for (const path of different) yield `✘ ${path}: is another file at Cloudinary.`;
  for (const path of undelivered) yield `✘ ${path}: is at Cloudinary and not delivered.`;
  yield* failed(failures);
  for (const path of alone) yield `✘ ${path}: is at Cloudinary alone.`;
  yield* closing(
    `${total} files: ${same} the same, ${missing.length} missing, ${different.length} different, ` +
      `${undelivered.length} not delivered, ${failures.length} failed, ` +
      `${remoteOnly.length} at Cloudinary alone`,
    ended,
  );
}

function* failed(failures: PushSummary['failures']): Generator<string> {
  for (const { path, sentence } of failures) yield `✘ ${path}: ${sentence}`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
