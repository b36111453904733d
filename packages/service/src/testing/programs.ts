import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** A program of the system that tests drive. */
export interface Program {
  /** Names or absolute paths; the first that is there is taken. */
  commands: readonly string[];
  /** The variable that names another one. */
  env?: string;
  /** The packages of Debian and Ubuntu that bring it. */
  debian: readonly string[];
}

/** Every program that tests drive and npm does not bring. */
export const PROGRAMS = {
  chromium: {
    commands: [
      'chromium',
      'chromium-browser',
      'google-chrome',
      '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    ],
    env: 'CHROMIUM_PATH',
    debian: ['chromium'],
  },
  mariadb: { commands: ['mariadbd'], debian: ['mariadb-server'] },
  nginx: { commands: ['nginx'], debian: ['nginx'] },
  caddy: { commands: ['caddy'], env: 'CADDY_PATH', debian: ['caddy'] },
  openssl: { commands: ['openssl'], debian: ['openssl'] },
  victoriametrics: { commands: ['victoria-metrics'], debian: ['victoria-metrics'] },
  alertmanager: {
    commands: ['prometheus-alertmanager', 'alertmanager'],
    debian: ['prometheus-alertmanager'],
  },
  systemd: { commands: ['systemd-analyze'], debian: ['systemd'] },
} satisfies Record<string, Program>;

/** What `npm run test:stack` drives besides. */
export const STACK_PROGRAMS = {
  curl: { commands: ['curl'], debian: ['curl'] },
  sshd: { commands: ['sshd'], debian: ['openssh-server'] },
  docker: {
    commands: ['docker'],
    debian: ['docker.io', 'docker-cli', 'docker-buildx', 'docker-compose', 'iptables'],
  },
} satisfies Record<string, Program>;

/** Debian keeps servers where the PATH of a user does not lead. */
const ALSO = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

/** The path of a program, undefined when it is not on this machine. */
export function findProgram(name: keyof typeof PROGRAMS): string | undefined {
  return pathOf(PROGRAMS[name]);
}

/** The path of a program by its description, undefined when it is not on this machine. */
export function pathOf({ commands, env }: Program): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), ...ALSO];
  const named = env === undefined ? undefined : process.env[env];
  return [
    ...(named === undefined ? [] : [named]),
    ...commands.flatMap((command) =>
      command.startsWith('/') ? [command] : folders.map((folder) => join(folder, command)),
    ),
  ].find((path) => existsSync(path));
}

/** Whether to skip the tests that need a program. Never in CI: there, what is missing is a failure. */
export function lacks(name: keyof typeof PROGRAMS): boolean {
  return process.env['CI'] === undefined && findProgram(name) === undefined;
}
