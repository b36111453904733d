import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pipeline } from 'node:stream/promises';
import { type Finding, findingSchema, ProsoraError, UsageError } from '@prosora/service';
import * as z from 'zod';
import { isRemote, OWNER_LABEL, openPassword, type Place } from '../repository/place.ts';
import { withValues } from '../settings/env-file.ts';
import { startDocker } from '../stack/start-docker.ts';
import { type Settings, valuesOf } from './closed-project.ts';

/** What a clone is restored and built with, and nothing else that may lie beside it, such as a backup's files. */
const FILES = [
  ...['prosora', 'docker-compose.yml', '.env.example', 'Dockerfile', '.dockerignore', 'LICENSE'],
  ...['package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.base.json', 'tsup.base.ts'],
];
const FOLDERS = ['packages', 'examples', 'scripts'];
const LEFT_OUT = ['node_modules', 'dist', 'test', '.env', '.git', '.prosora'];

/**
 * Runs on the other machine and reads what the drill is about, since the words of a command line are seen by all who are
 * there. Whoever ends it, all that it brought goes with it, root's cache of restic too; what one that was killed has left
 * goes before, though something else may have its number by then. No apostrophe stands in it.
 */
const SCRIPT = `set -eu; umask 077; cd
for it in name images version from site backup password; do IFS= read -r "$it"; done
folder=prosora-drill-$name
pid=$(cat "$folder/pid" 2>/dev/null) || pid=
if [ -n "$pid" ] && grep -q prosora-drill- "/proc/$pid/cmdline" 2>/dev/null; then
  echo "A drill of this site is still under way there." >&2; exit 1
fi
gone() {
  cd
  if [ -d "$folder" ]; then
    owner=$(cat "$folder/.prosora/care/backup-owner") || :
    for its in "volume=$(pwd -P)/$folder" "label=${OWNER_LABEL}=\${owner:-none}"; do
      docker ps --all --quiet --filter "$its" | xargs docker rm --force || :
    done
    (cd "$folder"; docker compose -p "$name-drill" --profile "*" down --volumes --remove-orphans) || :
    docker run --rm --pull never --user 0:0 --volume "$PWD/$folder:/gone" "$images/ops:$version" \\
      rm -rf /gone/.prosora || :
    rm -rf "$folder" || :
  fi
  [ "$version" != dev ] || docker image rm --force \\
    "$images/ops:dev" "$images/ghost:dev" "$images/engine:dev" "$images/db-tools:dev" || :
} >/dev/null 2>&1
gone
mkdir "$folder"
trap gone EXIT
trap "exit 1" HUP INT TERM PIPE
cd "$folder"
echo $$ >pid
while IFS= read -r line && [ -n "$line" ]; do printf "%s\\n" "$line"; done >.env
set -- BACKUP_SSH_FOLDER="$HOME/.ssh"
while IFS= read -r line && [ -n "$line" ]; do set -- "$@" "$line"; done
umask 022
tar -xz
printf "%s\\n" "$password" |
  (export "$@"; exec ./prosora drill --lines --from "$from" --site "$site" \${backup:+"$backup"})`;

/** As ssh ends where it did not come so far. */
const SSH = 255;
const REACH = {
  help: 'It takes its host key, and a key without a passphrase, in BACKUP_SSH_FOLDER: /root/.ssh unless set.',
};

/** It may even have proved the backup, and not been heard. */
const UNHEARD = { help: 'What it found nobody knows: `prosora drill` looks again.' };

/** What a drill with `--lines` says last. */
const drilledSchema = z.object({ run: z.string(), isProven: z.boolean() });
const toldSchema = z.union([drilledSchema, findingSchema]);

/**
 * @param address `ssh://USER@HOST`, with `:PORT` where it is another
 * @throws UsageError for what is none
 */
export function assertHost(address: string): void {
  if (/^ssh:\/\/\w[\w.-]*@(\w[\w.-]*|\[[\da-f:.]+\])(:\d+)?$/i.test(address)) return;
  throw new UsageError(
    `"${address}" is no machine for a drill.`,
    'Say it like ssh://USER@HOST, or here.',
  );
}

/** The files that go there, by their names in a stack's folder; not every `tar` can leave some out. */
export function filesOf(dir: string): string[] {
  const below = (folder: string): string[] =>
    readdirSync(join(dir, folder), { withFileTypes: true })
      .filter(({ name }) => !LEFT_OUT.includes(name))
      .flatMap((entry) => {
        const name = join(folder, entry.name);
        return entry.isDirectory() ? below(name) : name;
      });
  return [...FILES, ...FOLDERS.flatMap(below)];
}

/** What the script there reads before the stack's files: a line each, then the settings, then what restic is to know. */
export function headOf(place: Place, settings: Settings, backup: string | undefined): string {
  const name = `${place.site}-${place.owner.replace('prosora-', '')}`;
  const version = settings.get('PROSORA_VERSION')?.value || 'dev';
  const registry = settings.get('PROSORA_REGISTRY')?.value ?? '';
  // Images that are built there are not taken for those of a site there.
  const images = version === 'dev' ? `drill.localhost/${name}` : registry;
  const values = valuesOf(settings, {
    name: 'drill',
    settings: { COMPOSE_PROJECT_NAME: name, PROSORA_REGISTRY: images },
  });
  const { password } = openPassword(place);
  const told = [name, images, version, place.url, place.site, backup ?? '', password];
  const credentials = Object.entries(place.credentials).map((pair) => pair.join('='));
  return `${[...told, withValues('', values), ...credentials, ''].join('\n')}\n`;
}

/** The words of `docker` that ask the other machine: by whatever key restic has for sftp, and without a question. */
export const wordsOf = ({ owner, sshFolder, image }: Place, address: string): string[] => [
  ...['run', '--rm', '--interactive', '--init', '--pull', 'never', '--network', 'host'],
  ...['--user', '0:0', '--read-only', '--cap-drop', 'ALL', '--cap-add', 'DAC_OVERRIDE'],
  ...['--security-opt', 'no-new-privileges:true', '--label', `${OWNER_LABEL}=${owner}`],
  ...['--volume', `${sshFolder}:/root/.ssh:ro`, image],
  ...['ssh', '-T', '-o', 'BatchMode=yes', '-o', 'ServerAliveInterval=30', address],
  `exec sh -c '${SCRIPT}'`,
];

/**
 * Has a drill run on another machine, to which the stack's own files go for as long as it takes, and no key of a vendor.
 *
 * @param run the backup that it has to be about
 * @param wanted its name, where it is not to be the newest with what was written since
 * @throws ProsoraError `DRILL_ELSEWHERE` where that machine cannot, or does not end what it began
 */
export async function* runElsewhere(
  place: Place,
  settings: Settings,
  address: string,
  { run, wanted }: { run: string; wanted: string | undefined },
): AsyncGenerator<Finding> {
  // What can fail here does before anything is sent.
  const head = headOf(place, settings, wanted);
  const files = filesOf(place.dir);
  const ssh = startDocker(place.dir, wordsOf(place, address));
  ssh.stdin.write(head);
  const stdio = ['ignore', 'pipe', 'ignore'] as const;
  const tar = spawn('tar', ['-cz', ...files], { cwd: place.dir, stdio: [...stdio] });
  const sent = Promise.allSettled([once(tar, 'close'), pipeline(tar.stdout, ssh.stdin)]);
  let drilled: z.output<typeof drilledSchema> | undefined;
  let isHeard = false;
  try {
    for await (const line of createInterface({ input: ssh.stdout })) {
      const told = toldIn(line);
      isHeard ||= told !== undefined;
      if (told && 'run' in told) drilled = told;
      else if (told) yield told;
    }
    const { code, said } = await ssh.ended;
    if (drilled?.run === run) return;
    const why = said.split('\n').slice(-3).join(' ') || 'The connection has ended.';
    const help = isHeard ? UNHEARD : REACH;
    throw new ProsoraError('DRILL_ELSEWHERE', `${address}: ${why}`, code === SSH ? help : {});
  } finally {
    tar.kill();
    ssh.stop();
    await sent;
  }
}

/** What a drill says in a line; a shell there may greet whoever comes. */
function toldIn(line: string) {
  try {
    return toldSchema.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

/** @throws ProsoraError `DRILL_ELSEWHERE` for backups that another machine cannot reach */
export function assertReachable({ url }: Pick<Place, 'url'>): void {
  if (isRemote(url)) return;
  throw new ProsoraError('DRILL_ELSEWHERE', `The backups are in ${url}, on this machine alone.`, {
    help: 'Set BACKUP_REPOSITORY to a place that both reach, or drill here: `prosora drill --on here`.',
  });
}
