import { PROGRAMS } from '@prosora/service/programs';
import { installPrograms } from './programs.ts';

/** Installs the programs that are missing before tests that drive them, in CI or with `PROSORA_PROGRAMS=install`. */
export function setup(): void {
  const isTold = process.env['PROSORA_PROGRAMS'] === 'install';
  if (isTold || process.env['CI'] !== undefined) installPrograms(PROGRAMS);
}
