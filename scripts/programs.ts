// npm run programs [-- --stack]: installs the programs that tests drive and that are not on this machine.
import { spawnSync } from 'node:child_process';
import { PROGRAMS, type Program, pathOf, STACK_PROGRAMS } from '@prosora/service/programs';

const EVERY: Record<string, Program> = { ...PROGRAMS, ...STACK_PROGRAMS };

/** Installs what is missing with Debian's packages. @throws Error when a program is missing after that */
export function installPrograms(programs: Record<string, Program>): void {
  const packages = Object.values(programs).flatMap((program) =>
    isThere(program) ? [] : program.debian,
  );
  if (packages.length > 0 && isThere({ commands: ['apt-get'], debian: [] })) {
    console.log(`Installing ${packages.join(' ')}`);
    aptGet('update', '-qq');
    aptGet('install', '-y', '-qq', '--no-install-recommends', ...packages);
  }
  const missing = Object.keys(programs).filter((name) => !isThere(programs[name]));
  if (missing.length === 0) return;
  throw new Error(
    `Tests need programs that are missing: ${missing.join(', ')}. Install them by hand.`,
  );
}

function isThere(program: Program | undefined): boolean {
  return program !== undefined && pathOf(program) !== undefined;
}

function aptGet(...args: string[]): void {
  const asRoot = process.getuid?.() === 0 ? [] : ['sudo'];
  const env = ['env', 'DEBIAN_FRONTEND=noninteractive'];
  const [command = '', ...rest] = [...asRoot, ...env, 'apt-get', ...args];
  // What it says goes to standard error: standard output ends with the counts of the tests.
  spawnSync(command, rest, { stdio: ['inherit', 2, 2] });
}

if (import.meta.main) {
  try {
    installPrograms(process.argv.includes('--stack') ? EVERY : PROGRAMS);
    console.log('Every program that tests drive is there.');
  } catch (error) {
    console.error((error as Error).message);
    process.exitCode = 1;
  }
}
