import { ProsoraError } from '@prosora/service';
import { forgetCare, keepCare, readCare } from '../stack/care-files.ts';

/** A restore that has begun to change the site, and has not ended. */
interface HalfRestore {
  run: string;
  only?: string | undefined;
  /** The words of `prosora restore` that say as of when. */
  words?: string;
  /** What is in its place already, with what was there before beside it. */
  aside?: string[];
}

/** What stands beside since a restore, so that going on with that one does not take its own work for what was there. */
export interface Aside {
  has(name: string): boolean;
  add(name: string): void;
}

const FILE = 'restoring.json';

/** Remembers it, so that nothing starts on a site that is half of one time and half of another. */
export function noteHalfRestore(dir: string, half: HalfRestore): Aside {
  const aside = new Set(readCare<HalfRestore>(dir, FILE)?.aside);
  const keep = () => keepCare(dir, FILE, { ...half, aside: [...aside] });
  keep();
  return {
    has: (name) => aside.has(name),
    add(name) {
      aside.add(name);
      keep();
    },
  };
}

/** Whether a restore did not end. */
export const isHalfRestored = (dir: string): boolean => readCare(dir, FILE) !== undefined;

/** It is whole. */
export const forgetHalfRestore = (dir: string): void => forgetCare(dir, FILE);

/**
 * Whether a restore of a part, or of all, ends what an earlier one has begun: a part by itself would have the rest
 * forgotten, half of one time and half of another.
 *
 * @throws ProsoraError `HALF_RESTORED`
 */
export function assertEndsHalfRestore(dir: string, only: string | undefined): void {
  if (only !== undefined && readCare<HalfRestore>(dir, FILE)?.only !== only) {
    assertNotHalfRestored(dir);
  }
}

/** @throws ProsoraError `HALF_RESTORED` where a restore did not end */
export function assertNotHalfRestored(dir: string): void {
  const half = readCare<HalfRestore>(dir, FILE);
  if (half === undefined) return;
  const { run, only, words = run } = half;
  const command = ['prosora restore', words, ...(only ? ['--only', only] : [])].join(' ');
  throw new ProsoraError(
    'HALF_RESTORED',
    `A restore of ${run} did not end, so the site is not whole.`,
    {
      help: `Run \`${command}\` again.`,
    },
  );
}
