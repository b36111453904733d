import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isStoreUnavailable } from '@prosora/durable';
import { doctorVerb, type Finding, fail, ok, type Verb, warn } from '@prosora/service';
import { at, type GhostSettings } from '@prosora/service/ghost';
import { parseConfig } from '../config/parse-config.ts';
import { placeOf } from '../store/place.ts';
import {
  blockOf,
  GHOST_FLAGS,
  type GhostFlags,
  ghostAt,
  type Place,
  settingsAt,
  withStore,
} from './place.ts';
import { statusOf } from './status.ts';

const TYPES = ['jobs', 'scheduling'] as const;

/** Callbacks that are later than this are late, whatever the cause. */
const lateSeconds = 120;

/** Makes the verb `doctor`. It changes nothing but what `replay` and `drop` of nothing would. */
export function doctorAt(place: Place): Verb {
  return doctorVerb({
    help: "Looks at Ghost's config, the adapters, the store, and what waits in it",
    flags: GHOST_FLAGS,
    async *examine({ flags }) {
      const settings = settingsAt(place, flags);
      for (const type of TYPES) yield examineAdapter(settings, type);
      yield* examineBlocks(place, settings);
      yield* examineStore(place, flags);
    },
  });
}

function examineAdapter(settings: GhostSettings, type: (typeof TYPES)[number]): Finding {
  const active = at(settings.config, 'adapters', type, 'active');
  if (typeof active !== 'string') {
    return fail(
      `adapter for ${type}`,
      `Ghost's config (${settings.source}) names none, so Ghost forgets at each restart.`,
      `Set adapters.${type}.active.`,
    );
  }
  const installed = at(settings.config, 'paths', 'installedAdaptersPath');
  const folders = [installed, join(settings.contentPath, 'adapters')].filter(
    (folder) => typeof folder === 'string',
  );
  const found = folders.map((folder) => join(folder, type, active)).find(isThere);
  if (found !== undefined) return ok(`adapter for ${type}`, `${active} is in ${found}.`);
  return warn(
    `adapter for ${type}`,
    `${active} is in none of ${folders.join(', ')}; Ghost finds it if it is in its node_modules.`,
  );
}

const isThere = (path: string): boolean => existsSync(path) || existsSync(`${path}.js`);

function* examineBlocks(place: Place, settings: GhostSettings): Generator<Finding> {
  const blocks = TYPES.map((type) => blockOf(settings, type));
  for (const [index, block] of blocks.entries()) {
    try {
      parseConfig(block, place.env);
    } catch (error) {
      yield fail(`options of ${TYPES[index]}`, (error as Error).message);
    }
  }
  const [jobs, scheduling] = blocks.map((block) => JSON.stringify(block ?? {}));
  if (jobs === scheduling) return;
  yield warn(
    'options',
    'The blocks of adapters.jobs and adapters.scheduling differ; this command reads that of jobs.',
    'Give both the same, unless they are meant to have stores of their own.',
  );
}

async function* examineStore(place: Place, flags: GhostFlags): AsyncGenerator<Finding> {
  try {
    const options = parseConfig(blockOf(settingsAt(place, flags), 'jobs'), place.env);
    const where = placeOf(options, ghostAt(place, flags));
    const status = await withStore(place, flags, async (opened) => {
      // A write that changes nothing: a full or read-only disk shows itself.
      await opened.store.transaction((tx) =>
        tx.updateTable('recurring').set({ cron: '' }).where('type', '=', '').execute(),
      );
      return await statusOf(opened);
    });
    const name =
      'file' in where ? where.file : `tables ${options.tablePrefix}* in Ghost's database`;
    yield ok('store', `${name} can be read and written.`);
    const dead = status.reduce((sum, { counts }) => sum + (counts.dead ?? 0), 0);
    yield dead === 0
      ? ok('dead letters', 'There are none.')
      : warn(
          'dead letters',
          `${dead} jobs were given up.`,
          '"prosora-jobs list --state dead" says why; "replay" or "drop" them.',
        );
    for (const { queue, oldestSeconds } of status) {
      if (oldestSeconds <= lateSeconds) continue;
      yield warn(
        queue,
        `The oldest due job waits since ${oldestSeconds} s.`,
        'Does Ghost run, and with these adapters? Its log says what it waits for.',
      );
    }
  } catch (error) {
    const { message, help } = error as Error & { help?: string };
    const isPassing = isStoreUnavailable(error) ? ' It may pass by itself.' : '';
    yield fail('store', `${message}${isPassing}`, help);
  }
}
