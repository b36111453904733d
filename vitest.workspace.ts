import { defineConfig } from 'vitest/config';
import LongestFirst from './scripts/longest-first.ts';

const soak = process.env['PROSORA_PROOFS'] === 'soak';
const seed = Number(process.env['PROSORA_SEED'] ?? Math.floor(Math.random() * 2 ** 31));

/** Packs packages as they are published, from what is built into their `dist`, which no other test writes. */
const PACKAGE_TESTS = ['{packages/*,scripts}/test/integration/{package,packed}.test.ts'];

/**
 * Passes for Ghost, which a process does once, has a module stand in for another, or drives Cloudinary's SDK, which has
 * one configuration from the moment at which it is loaded.
 */
const OWN_PROCESS = [
  'packages/ghost-jobs-durable/test/integration/**/*.test.ts',
  'packages/ghost-stack/test/integration/init/{domain,gather}.test.ts',
  'packages/sandbox/test/integration/{cloudinary,stand-in}/**/*.test.ts',
];

/** In CI, or when told, installs the programs that tests drive. */
const PROGRAMS_SETUP = ['./scripts/bring-programs.ts'];

/** What integration and e2e tests drive. */
const DRIVEN_SETUP = [...PROGRAMS_SETUP, './scripts/bundle-commands.ts'];

/** Needs a Docker engine and the ports 80 and 443, so only `npm run test:stack` runs it. */
const stack = process.env['PROSORA_STACK'] !== undefined;

/** Releases the last commit to a registry on this machine, so only `npm run release -- --rehearse` runs it. */
const rehearsal = process.env['PROSORA_REHEARSAL'] !== undefined;

/**
 * All layers run beside each other, and the files of most share five processes and what those have loaded: a process for
 * each costs more than the tests of many. Of their time they wait for more than half, for Ghost, a browser, npm or a disk:
 * with four at once two cores had nothing to do for a sixth of the time. Proofs at full size need the machine more.
 */
const together = { maxWorkers: soak ? 2 : 5, sequence: { groupOrder: 1 } };

const patience = { testTimeout: soak ? 3_600_000 : 180_000, hookTimeout: 120_000 };

/** The files of a layer, `test/<layer>/`, and of the folders in it, which are named as those of `src/`. */
const filesOf = (layer: string) => [`{packages/*,examples/*,scripts}/test/${layer}/**/*.test.ts`];

/**
 * About half of the stack's tests by time, which measure none: they run on a stack of their own beside the others, since
 * one command after another keeps no more than one core busy (examples/ghost-stack/test/run.ts).
 */
const BESIDE = [
  'examples/ghost-stack/test/stack/{backup,drill-elsewhere,init,minutes,sabotage,staging,upgrade}.test.ts',
  'examples/ghost-stack/test/stack/loss.proof.test.ts',
];

/** Of the stack and at full size alone; what is small of updates is in updates.test.ts. */
const SOAK_ALONE = ['examples/ghost-stack/test/stack/updates*.proof.test.ts'];

const stackProject = {
  extends: true as const,
  test: {
    name: 'stack',
    include: filesOf('stack'),
    exclude: soak ? BESIDE : [...BESIDE, ...SOAK_ALONE],
    globalSetup: ['./examples/ghost-stack/test/stack/bring-up.ts'],
    setupFiles: ['./scripts/wait-for-quiet.ts'],
    testTimeout: 180_000,
    hookTimeout: 300_000,
    // All files share one stack.
    fileParallelism: false,
    sequence: { groupOrder: 4 },
  },
};

const besideProject = {
  ...stackProject,
  test: {
    ...stackProject.test,
    name: 'stack-beside',
    include: BESIDE,
    exclude: [],
    sequence: { groupOrder: 5 },
  },
};

const releaseProject = {
  extends: true as const,
  test: {
    name: 'release',
    include: filesOf('release'),
    globalSetup: [...PROGRAMS_SETUP, './scripts/release/rehearsal.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
    sequence: { groupOrder: 6 },
  },
};

/** Other Ghosts and adapters that npm has to install first: with `npm run test:soak` alone. */
const soakProject = {
  extends: true as const,
  test: {
    name: 'soak',
    include: filesOf('soak'),
    testTimeout: 3_600_000,
    hookTimeout: 900_000,
    fileParallelism: false,
    sequence: { groupOrder: 3 },
  },
};

export default defineConfig({
  ssr: { resolve: { conditions: ['@prosora/source'] } },
  test: {
    // The size of every crash and load proof, read with `inject('proof')`; the seed repeats a run.
    provide: { proof: { soak, seed } },
    reporters: ['default', './scripts/closing-line.ts'],
    globalSetup: ['./scripts/temporary-folder.ts'],
    setupFiles: ['./scripts/patient-waits.ts'],
    expect: { poll: { timeout: 20_000 } },
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          // What is in no layer.
          include: filesOf('**'),
          exclude: filesOf('{integration,e2e,stack,release,soak}'),
          ...together,
          isolate: false,
          setupFiles: ['./scripts/no-network.ts'],
          // Properties try hundreds of cases, on a machine whose disk, too, other tests keep busy.
          testTimeout: 30_000,
          hookTimeout: 30_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'integration',
          include: filesOf('integration'),
          globalSetup: DRIVEN_SETUP,
          exclude: [...PACKAGE_TESTS, ...OWN_PROCESS],
          ...together,
          isolate: false,
          ...patience,
        },
      },
      {
        extends: true,
        test: {
          name: 'own-process',
          include: OWN_PROCESS,
          globalSetup: DRIVEN_SETUP,
          ...together,
          ...patience,
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: filesOf('e2e'),
          globalSetup: DRIVEN_SETUP,
          testTimeout: soak ? 3_600_000 : 240_000,
          hookTimeout: 360_000,
          ...together,
        },
      },
      {
        extends: true,
        test: {
          name: 'packages',
          include: PACKAGE_TESTS,
          globalSetup: [...PROGRAMS_SETUP, './scripts/build-packages.ts'],
          testTimeout: 60_000,
          hookTimeout: 240_000,
          ...together,
        },
      },
      ...(soak ? [soakProject] : []),
      ...(stack ? [stackProject, besideProject] : []),
      ...(rehearsal ? [releaseProject] : []),
    ],
  },
});

declare module 'vitest' {
  interface ProvidedContext {
    /** `soak` asks for the numbers an issue names, otherwise the small size; `seed` makes a run repeatable. */
    proof: { soak: boolean; seed: number };
  }
}
