import { setTimeout as wait } from 'node:timers/promises';
import type { Logger } from '@prosora/service';
import {
  askEngine,
  filtersOf,
  type ListedContainer,
  ofProject,
  serviceOf,
} from '../stack/docker-socket.ts';
import { followLog } from './follow-log.ts';
import { shorten } from './hide.ts';
import { type Keeping, type KeptFiles, type KeptLine, openKeptFiles } from './kept-files.ts';

/** Whose lines are kept, and where. */
export interface LogKeeping extends Keeping {
  /** Compose's name of the project. */
  project: string;
  folder: string;
  /** Whether lines are kept at all, by the services that there are. */
  isOn: (services: readonly string[]) => boolean;
  /** Makes what keeps the stack's secrets out of a text; those may change. */
  hider: () => (text: string) => string;
  logger: Logger;
}

/** How it goes. */
interface LogsKept {
  bytes: number;
  /** The first day of which anything is kept. */
  oldest: string | undefined;
  /** How old the oldest line is that came and is not kept yet. */
  waitsSeconds: number;
  /** Since the start. */
  failures: number;
  isFailing: boolean;
}

/** Keeps lines until it is stopped. */
export interface LogKeeper {
  readonly now: LogsKept;
  /**
   * Follows containers that are new and writes what came; called again and again.
   *
   * @throws what `askEngine` throws
   */
  look(): Promise<void>;
  /** Keeps what came until now, if it can. */
  stop(): Promise<void>;
}

/** How often it looks. */
export const LOOK_MS = 2_000;
const CARE_MS = 60_000;
const ENGINE_MS = 10_000;
/** Held in memory. Whoever has more waits; Docker has it meanwhile. */
const MOST_HELD = 1_000_000;
const ENDED = ['created', 'exited', 'dead'];
/** Of what the stack's file has: a run of a single command comes and goes, and its end is told elsewhere. */
const LASTING = 'com.docker.compose.oneoff=False';

/**
 * Keeps the log lines of a project's containers. Docker writes them into files of its own as ever, and they are read
 * from those: what stops here, is slow or has no room holds no container up, and goes on later from where it was.
 */
export function keepLogs({ project, isOn, hider, logger, ...keeping }: LogKeeping): LogKeeper {
  let going = new AbortController();
  const followed = new Map<string, Promise<void>>();
  /** Of containers that have ended: their logs were read to the end. */
  const read = new Set<string>();
  const unreadable = new Set<string>();
  const held: KeptLine[] = [];
  let heldBytes = 0;
  let opened: KeptFiles | undefined;
  let hide = hider();
  let caredAt = 0;
  let turn: Promise<unknown> = Promise.resolve();
  let isFailing = false;
  let failures = 0;
  let size: { bytes: number; oldest: string | undefined } = { bytes: 0, oldest: undefined };

  return {
    get now() {
      const age = Date.now() - Date.parse(held[0]?.time ?? '');
      return { ...size, waitsSeconds: Math.max(0, age / 1000) || 0, failures, isFailing };
    },

    async look() {
      const filters = filtersOf({ label: [ofProject(project), LASTING] });
      const path = `/containers/json?all=true&${filters}`;
      const listed = await askEngine<ListedContainer[]>(path, AbortSignal.timeout(ENGINE_MS));
      const isWanted = isOn(listed.map(({ Labels: labels }) => serviceOf(labels)));
      if (!isWanted) await halt();
      for (const { Id: id, State: state, Labels: labels } of isWanted ? listed : []) {
        const hasEnded = ENDED.includes(state);
        if (!hasEnded) read.delete(id);
        if (followed.has(id) || read.has(id)) continue;
        followed.set(id, follow(id, serviceOf(labels), hasEnded));
      }
      await write();
      if (Math.abs(Date.now() - caredAt) < CARE_MS) return;
      caredAt = Date.now();
      hide = hider();
      const ids = new Set([...listed.map(({ Id }) => Id), ...followed.keys()]);
      for (const id of read) if (!ids.has(id)) read.delete(id);
      await inTurn(async (files) => {
        await files.forgetBut(ids);
        await files.care(new Date());
        size = await files.look();
      });
    },

    async stop() {
      await halt();
      await write();
    },
  };

  async function halt(): Promise<void> {
    going.abort();
    await Promise.all(followed.values());
    going = new AbortController();
  }

  async function follow(id: string, service: string, hasEnded: boolean): Promise<void> {
    const { signal } = going;
    try {
      // What a former one has brought is asked for from its end on.
      if (!(await write())) return;
      for await (const lines of followLog({ id, since: opened?.since(id), signal })) {
        for (const { time, text } of lines) {
          if (opened?.has(id, time)) continue;
          const left = shorten(hide(text));
          held.push({ id, service, time, text: left });
          heldBytes += left.length;
        }
        while (heldBytes > MOST_HELD && !(await write()))
          await wait(LOOK_MS, undefined, { signal });
      }
      if (hasEnded) read.add(id);
    } catch (error) {
      if (signal.aborted || unreadable.has(id)) return;
      unreadable.add(id);
      logger.warn({ event: 'logs.unread', part: service, err: error }, 'a log cannot be read');
    } finally {
      followed.delete(id);
    }
  }

  /** Writes what is held; false when it cannot. */
  function write(): Promise<boolean> {
    return inTurn(async (files) => {
      const batch = [...held];
      if (batch.length > 0) await files.add(batch);
      for (const { text } of held.splice(0, batch.length)) heldBytes -= text.length;
    });
  }

  function inTurn(work: (files: KeptFiles) => Promise<void>): Promise<boolean> {
    const mine = turn.then(async () => {
      try {
        opened ??= await openKeptFiles(keeping.folder, keeping);
        await work(opened);
        if (isFailing) logger.info({ event: 'logs.kept' }, 'log lines are kept again');
        isFailing = false;
      } catch (error) {
        failures += 1;
        if (!isFailing)
          logger.error({ event: 'logs.failing', err: error }, 'log lines cannot be kept');
        isFailing = true;
      }
      return !isFailing;
    });
    turn = mine;
    return mine;
  }
}
