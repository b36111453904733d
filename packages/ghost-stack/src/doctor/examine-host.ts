import { type Finding, fail, ok, warn } from '@prosora/service';
import { type Container, docker, jsonLines } from '../stack/compose.ts';

/** The one service that is open to the outside. */
const EDGE = 'caddy';
/** A signed time of Cloudinary's or of a webhook is refused when it is minutes away. */
const LARGEST_STEP_S = 30;
const TIMEOUT_MS = 5_000;
/** Whoever answers a stranger's request with the time, and is needed for certificates anyway. */
const CLOCK = 'https://acme-v02.api.letsencrypt.org/directory';

/** What of the machine the stack stands on: its open ports, the builds that run, the clock. */
export async function* examineHost(
  dir: string,
  containers: readonly Container[],
): AsyncGenerator<Finding> {
  const running = containers.filter(({ state }) => state === 'running');
  yield await examinePorts(dir, running);
  yield* await examineImages(dir, running);
  yield await examineClock();
}

async function inspect(dir: string, format: string, names: readonly string[]): Promise<string[]> {
  return (await docker(dir, ['inspect', '--format', format, ...names])).trim().split('\n');
}

async function examinePorts(dir: string, running: readonly Container[]): Promise<Finding> {
  const format = '{{json .NetworkSettings.Ports}}';
  const ids = running.map(({ id }) => id);
  const published = (await inspect(dir, format, ids)).map((line) =>
    Object.entries(
      JSON.parse(line) as Record<string, { HostIp: string; HostPort: string }[] | null>,
    ).flatMap(([inside, at]) =>
      (at ?? []).map(({ HostIp, HostPort }) => `${HostIp}:${HostPort}/${inside.split('/')[1]}`),
    ),
  );
  const others = running.filter(({ service }, at) => service !== EDGE && published[at]?.length);
  if (others.length > 0) {
    const names = others.map(({ service }) => service).join(', ');
    return fail(
      'ports',
      `${names} can be reached from outside.`,
      'Remove `ports` from its service: the edge alone needs them.',
    );
  }
  const open = published.flat().sort().join(', ');
  return ok(
    'ports',
    `Open: ${open}. Docker opens them past ufw; only PUBLISH_ADDRESS or a firewall in front closes them.`,
  );
}

/** Whether a container goes on with a build that its tag no longer means. */
async function examineImages(dir: string, running: readonly Container[]): Promise<Finding[]> {
  const ids = await inspect(
    dir,
    '{{.Image}}',
    running.map(({ id }) => id),
  );
  const old: string[] = [];
  for (const [at, { service, image }] of running.entries()) {
    const printed = await docker(dir, ['image', 'ls', '--no-trunc', '--format', 'json', image]);
    const [row] = jsonLines(printed);
    if (row !== undefined && row['ID'] !== ids[at]) old.push(service);
  }
  if (old.length > 0) {
    return [
      warn(
        'images',
        `${old.join(', ')} run an older build than their image is now.`,
        '`prosora up` takes on the new one.',
      ),
    ];
  }
  return [ok('images', 'Every service runs the build that its image has now.')];
}

async function examineClock(): Promise<Finding> {
  const asked = Date.now();
  const answer = await fetch(CLOCK, {
    method: 'HEAD',
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }).catch(() => undefined);
  const told = Date.parse(answer?.headers.get('date') ?? '');
  if (Number.isNaN(told)) {
    return warn('clock', 'Nobody could be asked what time it is.', 'Look at `timedatectl`.');
  }
  const step = Math.round((told - (asked + Date.now()) / 2) / 1000);
  return Math.abs(step) <= LARGEST_STEP_S
    ? ok('clock', 'It is right.')
    : fail(
        'clock',
        `It is ${Math.abs(step)} s ${step > 0 ? 'behind' : 'ahead'}.`,
        'Set it by NTP: `timedatectl set-ntp true`.',
      );
}
