import { PROGRAMS } from '@prosora/service/programs';
import { installPrograms } from './programs.ts';

/** Before tests that drive programs: in CI, or with `PROSORA_PROGRAMS=install`, those that are missing are installed. */
export function setup(): void {
  const isTold = process.env['PROSORA_PROGRAMS'] === 'install';
  if (isTold || process.env['CI'] !== undefined) installPrograms(PROGRAMS);
}
