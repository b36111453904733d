import { ProsoraError } from '@prosora/service';
import { compose, containersOf, docker } from '../stack/compose.ts';
import { patiently } from '../stack/patiently.ts';

/** Who takes a secret and who shows it. */
interface Parties {
  /** Makes whoever is called take what its files have now, without an outage. */
  take?: (dir: string) => Promise<unknown>;
  /** Services that read it at their start: those that run are started anew. */
  shownBy: readonly string[];
  /** Services that have to run. */
  needs: readonly string[];
}

const reload = (service: string) => (dir: string) =>
  compose(dir, ['kill', '--signal', 'HUP', service]);

/** For what the edge hands it requests wait meanwhile. */
const restart = (service: string) => async (dir: string) => {
  await compose(dir, ['restart', service]);
  await waitFor(dir, [service]);
};

const waitFor = (dir: string, services: readonly string[]) =>
  compose(dir, [...'up --detach --wait --no-deps --no-recreate'.split(' '), ...services]);

const inShell = (service: string, script: string) => (dir: string) =>
  compose(dir, ['exec', '-T', service, 'sh', '-ec', script]);

const database = inShell(
  'db',
  'MYSQL_PWD="$(cat /run/secrets/db_root_password)" mysql -u root < /run/secrets/passwords.sql',
);
const redis = inShell(
  'redis',
  'REDISCLI_AUTH="$(cut -d" " -f2 /run/secrets/redis.conf)" redis-cli < /run/secrets/passwords | grep -qx OK',
);

/** Every secret that the stack made for itself and that can be changed. */
const PARTIES: Readonly<Record<string, Parties>> = {
  // Alertmanager reads it each time.
  alerts_token: between('ops', restart('ops')),
  analytics_admin_token: between('engine', reload('engine'), 'ghost', 'analytics'),
  analytics_operator_token: toConsole('analytics', restart('analytics')),
  analytics_sync_key: between('analytics', restart('analytics'), 'ghost'),
  analytics_tracker_token: between('engine', reload('engine'), 'analytics'),
  cdn_operator_token: toConsole('cdn', restart('cdn')),
  db_backup_password: between('db', database),
  // In a profile that need not be there.
  db_metrics_password: { take: database, shownBy: ['db-metrics'], needs: ['db'] },
  db_password: between('db', database, 'ghost'),
  db_root_password: between('db', database),
  engine_operator_token: toConsole('engine', reload('engine')),
  // Ghost can take one alone, and the inbox signs with both.
  ghost_webhook_secret: between('webhooks', restart('webhooks'), 'ghost'),
  mail_api_key: between('mail', reload('mail'), 'ghost'),
  mail_operator_token: toConsole('mail', reload('mail')),
  ops_operator_token: toConsole('ops', restart('ops')),
  redis_password: between('redis', redis, 'ghost'),
  stripe_page_password: { shownBy: ['webhooks'], needs: ['webhooks'] },
  webhooks_operator_token: toConsole('webhooks', restart('webhooks')),
};

/** What opens the operator API of a service to the console, which need not be there. */
function toConsole(service: string, take: NonNullable<Parties['take']>): Parties {
  return { take, shownBy: ['console'], needs: [service] };
}

function between(taker: string, take: NonNullable<Parties['take']>, ...shownBy: string[]): Parties {
  return { take, shownBy, needs: [taker, ...shownBy] };
}

/** Their names. */
export const ROTATED: readonly string[] = Object.keys(PARTIES);

/** How a secret stands. */
export interface SecretState {
  name: string;
  /** Since when it is shown, as an ISO time. */
  since: string;
  /** A change of it was cut off; the next one ends it. */
  isChanging: boolean;
}

/** How each of them stands; nothing of a secret is part of it. */
export async function secretStates(dir: string): Promise<SecretState[]> {
  const states = JSON.parse(await inSetup(dir, 'list')) as SecretState[];
  return states.filter(({ name }) => Object.hasOwn(PARTIES, name));
}

/**
 * Replaces secrets with no request unanswered: first whoever is called takes the next one as well, then whoever calls
 * shows it, then the former one is no longer taken. Each step is on disk before it is taken, and does nothing where it
 * was taken before, so that a run that was cut off is ended by the next.
 *
 * @throws ProsoraError `NOT_RUNNING` with nothing changed, `DOCKER`
 */
export async function rotateSecrets(
  dir: string,
  names: readonly string[],
  tell: (line: string) => void,
): Promise<void> {
  const parties = names.flatMap((name) => PARTIES[name] ?? []);
  const takeAll = async () => {
    for (const { take } of parties) await take?.(dir);
  };
  const there = await assertRunning(dir, [...new Set(parties.flatMap(({ needs }) => needs))]);
  const shownBy = new Set(parties.flatMap((each) => each.shownBy));
  await patiently(() => endLeftStep(dir), WHAT_IS_LEFT);
  tell('The next ones are made, and taken as well.');
  await inSetup(dir, 'begin', ...names);
  await takeAll();
  await inSetup(dir, 'switch', ...names);
  for (const service of [...shownBy].filter((each) => there.includes(each))) {
    tell(`${service} is restarted with what it shows from now on.`);
    await restart(service)(dir);
  }
  await inSetup(dir, 'end', ...names);
  await takeAll();
}

/** In the container that makes them, since no other may read them all. */
function inSetup(dir: string, ...words: string[]): Promise<string> {
  return compose(dir, ['run', '--rm', '-T', 'setup', 'node', '/setup/rotate.ts', ...words]);
}

/** A step that a killed run has begun goes on without it, and would write between two of this one. */
async function endLeftStep(dir: string): Promise<void> {
  const labels = { oneoff: 'True', service: 'setup', 'project.working_dir': dir };
  const filters = Object.entries(labels).flatMap(([name, value]) => [
    '--filter',
    `label=com.docker.compose.${name}=${value}`,
  ]);
  const left = (await docker(dir, ['ps', '--quiet', ...filters])).split('\n').filter(Boolean);
  if (left.length > 0) await docker(dir, ['rm', '--force', ...left]);
}

/** What Docker was asked for by a killed run may be under way, and two at a time is refused. */
const WHAT_IS_LEFT = { tries: 4, everyMs: 3_000 };

/** What a killed run has left starting is waited for. @returns all services that are there */
async function assertRunning(dir: string, services: readonly string[]): Promise<string[]> {
  const there = (await containersOf(dir)).map(({ service }) => service);
  const missing = services.filter((service) => !there.includes(service));
  if (missing.length === 0) {
    await patiently(() => waitFor(dir, services), WHAT_IS_LEFT);
    return there;
  }
  const sentence = `Nothing was changed, since ${missing.join(' and ')} does not run.`;
  throw new ProsoraError('NOT_RUNNING', sentence, { help: '`prosora up` starts it.' });
}
