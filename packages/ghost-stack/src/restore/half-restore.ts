import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ProsoraError } from '@prosora/service';
import { CARE_FOLDER } from '../stack/one-at-a-time.ts';

/** A restore that has begun to change the site, and has not ended. */
interface HalfRestore {
  run: string;
  only?: string | undefined;
}

const fileIn = (dir: string): string => join(dir, CARE_FOLDER, 'restoring.json');

/** Remembers it, so that nothing starts on a site that is half of one time and half of another. */
export function noteHalfRestore(dir: string, half: HalfRestore): void {
  const file = fileIn(dir);
  writeFileSync(`${file}.new`, JSON.stringify(half), { mode: 0o600, flush: true });
  renameSync(`${file}.new`, file);
}

/** It is whole. */
export function forgetHalfRestore(dir: string): void {
  rmSync(fileIn(dir), { force: true });
}

/** @throws ProsoraError `HALF_RESTORED` where a restore did not end */
export function assertNotHalfRestored(dir: string): void {
  if (!existsSync(fileIn(dir))) return;
  const { run, only } = JSON.parse(readFileSync(fileIn(dir), 'utf8')) as HalfRestore;
  const words = ['prosora restore', run, ...(only ? ['--only', only] : [])].join(' ');
  throw new ProsoraError(
    'HALF_RESTORED',
    `A restore of ${run} did not end, so the site is not whole.`,
    {
      help: `Run \`${words}\` again.`,
    },
  );
}
