import { type Finding, judge, warn } from '@prosora/service';
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
  if (running.length > 0) {
    yield await examinePorts(dir, running);
    yield await examineImages(dir, running);
  }
  yield await examineClock();
}

/** What Docker says of each container, a line each. */
async function inspect(dir: string, format: string, containers: readonly Container[]) {
  const ids = containers.map(({ id }) => id);
  return (await docker(dir, ['inspect', '--format', format, ...ids])).trim().split('\n');
}

type Published = Record<string, { HostIp: string; HostPort: string }[] | null>;

async function examinePorts(dir: string, running: readonly Container[]): Promise<Finding> {
  const lines = await inspect(dir, '{{json .NetworkSettings.Ports}}', running);
  const published = lines.map((line) =>
    Object.entries(JSON.parse(line) as Published).flatMap(([inside, at]) =>
      (at ?? []).map(({ HostIp, HostPort }) => `${HostIp}:${HostPort}/${inside.split('/')[1]}`),
    ),
  );
  const others = running.filter(({ service }, at) => service !== EDGE && published[at]?.length);
  const open = published.flat().sort().join(', ');
  return judge('ports', others.length === 0, {
    ok: `Open: ${open}. Docker opens them past ufw; only PUBLISH_ADDRESS or a firewall in front closes them.`,
    fail: `${others.map(({ service }) => service).join(', ')} can be reached from outside.`,
    remedy: 'Remove `ports` from its service: the edge alone needs them.',
  });
}

/** Whether a container goes on with a build that its tag no longer means. */
async function examineImages(dir: string, running: readonly Container[]): Promise<Finding> {
  const ids = await inspect(dir, '{{.Image}}', running);
  const old: string[] = [];
  for (const [at, { service, image }] of running.entries()) {
    const printed = await docker(dir, ['image', 'ls', '--no-trunc', '--format', 'json', image]);
    const [row] = jsonLines(printed);
    if (row !== undefined && row['ID'] !== ids[at]) old.push(service);
  }
  return judge('images', old.length === 0, {
    ok: 'Every service runs the build that its image has now.',
    warn: `An older build than the image is now runs in ${old.join(', ')}.`,
    remedy: '`prosora up` takes on the new one.',
  });
}

async function examineClock(): Promise<Finding> {
  const asked = Date.now();
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const answer = await fetch(CLOCK, { method: 'HEAD', signal }).catch(() => undefined);
  const told = Date.parse(answer?.headers.get('date') ?? '');
  if (Number.isNaN(told)) {
    return warn('clock', 'Nobody could be asked what time it is.', 'Look at `timedatectl`.');
  }
  const step = Math.round((told - (asked + Date.now()) / 2) / 1000);
  return judge('clock', Math.abs(step) <= LARGEST_STEP_S, {
    ok: 'It is right.',
    fail: `It is ${Math.abs(step)} s ${step > 0 ? 'behind' : 'ahead'}.`,
    remedy: 'Set it by NTP: `timedatectl set-ntp true`.',
  });
}
