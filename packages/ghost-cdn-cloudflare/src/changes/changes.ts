import { join } from 'node:path';
import {
  type BackoffOptions,
  type Clock,
  openStore,
  type Queue,
  systemClock,
} from '@prosora/durable';
import { dueAt, type Gathering } from './debounce.ts';
import { EVERYTHING, type Paths, pathsOf, together } from './paths.ts';
import { type CdnTables, type CdnTx, type ChangeSource, cdnMigrations } from './tables.ts';

/** A change as it is told. */
interface Change {
  /** The same for the same telling, so that a repetition is known. */
  id: string;
  source: ChangeSource;
  paths: Paths;
  /** The mark of `pages` that showed it, which is known with it. */
  mark?: string;
}

/** What no purge has settled yet. */
export interface Pending {
  /** The last of these changes: what comes later needs another purge. */
  upTo: number;
  count: number;
  /** When the first of them came, in milliseconds since 1970. */
  oldestAt: number;
  paths: Paths;
}

/** How the store is opened. */
export interface ChangesOptions extends Gathering {
  dataDir: string;
  /** With `no` a folder without a store is refused, which may be a disk that is not mounted. */
  newStore: 'yes' | 'no';
  clock?: Clock;
  /** (Default: a day of trying, at least once a minute) */
  backoff?: BackoffOptions;
}

/** The changes of a site, on disk; each stays until it is purged everywhere. */
export interface Changes extends AsyncDisposable {
  /** Its jobs: whatever waits is purged by whichever of them runs. */
  readonly purges: Queue<CdnTables>;
  /** Writes a change down and plans its purge. Resolves once both are on disk. */
  record(change: Change): Promise<'recorded' | 'duplicate'>;
  /** What waits now; a change that comes later belongs to a later gathering. */
  takeUp(): Promise<Pending | undefined>;
  /** The same, for whoever only looks. */
  pending(): Promise<Pending | undefined>;
  /** Settles, in the transaction that ends the purge, every change up to one. */
  settle(tx: CdnTx, upTo: number): Promise<void>;
  /** When a purge last ended well. */
  lastPurgedAt(): Promise<Date | undefined>;
  /** The last mark of `pages` whose changes are written down. */
  mark(): Promise<string | undefined>;
  /** Keeps a mark that belongs to changes which are written down. */
  keepMark(mark: string): Promise<void>;
  /** Deletes what was purged long ago; returns how many. */
  forget(before: Date): Promise<number>;
  /** Writes, to see whether it can; after a change was refused as much as one. @throws StoreUnavailableError */
  check(): Promise<void>;
}

/** The file in the data folder. */
export const CHANGES_FILE = 'cdn.db';

const MARK = 'pages-mark';
const EXPECTED = { toBegin: 'Run "prosora-cdn init" once, which makes an empty one.' };
/** All in one line: two purges at once would not know what the other had been told. */
const SITE = 'site';
/** More than a change writes, which may be refused where a few bytes are not. */
const ROOM_FOR_A_CHANGE = ' '.repeat(65_536);

/** Of so few calls none counts for Cloudflare's limit of 1,200 in five minutes. */
const A_DAY = { baseMs: 1_000, capMs: 60_000, budgetMs: 86_400_000 };

/**
 * Opens the store of a site's changes, or makes it.
 *
 * @throws StoreMissingError where it must exist and does not, StoreUnavailableError, StoreMisusedError
 */
export async function openChanges(options: ChangesOptions): Promise<Changes> {
  const { dataDir, newStore, clock = systemClock, backoff = A_DAY } = options;
  const store = await openStore<CdnTables>({
    file: join(dataDir, CHANGES_FILE),
    migrations: cdnMigrations,
    clock,
    expected: newStore === 'no' ? EXPECTED : undefined,
  });
  const purges = store.queue('purge', { backoff });
  /** When the first change came that no purge has taken up. After a restart the next change is that. */
  let since: number | undefined;
  let wasRefused = false;

  async function pending(): Promise<Pending | undefined> {
    const rows = await store.db
      .selectFrom('site_change')
      .select(['seq', 'paths', 'received_at'])
      .where('purged_at', 'is', null)
      .orderBy('seq')
      .execute();
    const [first] = rows;
    const last = rows.at(-1);
    if (first === undefined || last === undefined) return undefined;
    const all = rows.map(({ paths }) => pathsOf(paths));
    const [one = EVERYTHING, ...others] = all;
    return {
      upTo: last.seq,
      count: rows.length,
      oldestAt: first.received_at,
      paths: others.reduce(together, one),
    };
  }

  return {
    purges,
    async record({ id, source, paths, mark }) {
      const at = clock.now();
      const due = dueAt(at, since, options);
      const outcome = await store
        .transaction(async (tx) => {
          if (mark !== undefined) await writeNote(tx, MARK, mark);
          const text = paths === EVERYTHING ? EVERYTHING : paths.join(', ');
          const row = { id, source, paths: text, received_at: at, purged_at: null };
          const { numInsertedOrUpdatedRows: added } = await tx
            .insertInto('site_change')
            .values(row)
            .onConflict((conflict) => conflict.column('id').doNothing())
            .executeTakeFirstOrThrow();
          if (added === 0n) return 'duplicate' as const;
          const when = { availableAt: new Date(due), supersedes: SITE, group: SITE };
          await purges.add(id, new Uint8Array(), { ...when, tx });
          return 'recorded' as const;
        })
        .catch((error: unknown) => {
          wasRefused = true;
          throw error;
        });
      if (outcome === 'recorded') since ??= at;
      return outcome;
    },
    async takeUp() {
      // First, so that a change which is written while this is read begins a gathering of its own.
      since = undefined;
      return pending();
    },
    pending,
    async settle(tx, upTo) {
      await tx
        .updateTable('site_change')
        .set({ purged_at: clock.now() })
        .where('purged_at', 'is', null)
        .where('seq', '<=', upTo)
        .execute();
    },
    async lastPurgedAt() {
      const row = await store.db
        .selectFrom('site_change')
        .select(({ fn }) => fn.max('purged_at').as('at'))
        .executeTakeFirst();
      return row?.at == null ? undefined : new Date(row.at);
    },
    async mark() {
      const note = store.db.selectFrom('cdn_note').select('value').where('name', '=', MARK);
      return (await note.executeTakeFirst())?.value;
    },
    keepMark: (mark) => store.transaction((tx) => writeNote(tx, MARK, mark)),
    async forget(before) {
      const old = await store.transaction((tx) =>
        tx.deleteFrom('site_change').where('purged_at', '<', before.getTime()).executeTakeFirst(),
      );
      await purges.purge(before);
      return Number(old.numDeletedRows);
    },
    async check() {
      const note = clock.now() + (wasRefused ? ROOM_FOR_A_CHANGE : '');
      await store.transaction((tx) => writeNote(tx, 'check', note));
      wasRefused = false;
    },
    [Symbol.asyncDispose]: store.close,
  };
}

async function writeNote(tx: CdnTx, name: string, value: string): Promise<void> {
  await tx.deleteFrom('cdn_note').where('name', '=', name).execute();
  await tx.insertInto('cdn_note').values({ name, value }).execute();
}
