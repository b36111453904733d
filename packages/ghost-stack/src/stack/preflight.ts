import { type Finding, fail, ok, type ProsoraError } from '@prosora/service';
import { settingProblems } from '../settings/check-settings.ts';
import { effectiveSettings } from '../settings/effective.ts';
import { compose, docker } from './compose.ts';

/** The oldest that the stack's file is written for: `start_interval` of health checks needs both. */
const OLDEST_ENGINE = 25;
const OLDEST_COMPOSE = [2, 26] as const;
/** The first that hands IPv6 on with its sender's address and gives networks their own: https://docs.docker.com/engine/release-notes/27/ */
const OLDEST_ENGINE_WITH_IPV6 = 27;

/**
 * What has to be right before anything of a running stack is touched: `docker compose up` by itself stops what
 * depends on a container that fails, and starts nothing of it again.
 */
export async function* preflight(
  dir: string,
  env: Record<string, string | undefined>,
): AsyncGenerator<Finding> {
  const hasIpv6 = effectiveSettings(dir, env).get('IPV6')?.value === 'true';
  yield* examineDocker(dir, hasIpv6 ? OLDEST_ENGINE_WITH_IPV6 : OLDEST_ENGINE);
  const problems = settingProblems(dir, env);
  for (const problem of problems) yield fail('settings', problem);
  if (problems.length > 0) return;
  yield ok('settings', 'Every setting is as it should be.');
  yield await found('files', async () => {
    await compose(dir, ['config', '--quiet']);
    return ok('files', 'Compose reads the stack’s files.');
  });
}

/** Docker and Compose are there, and new enough. */
export async function* examineDocker(
  dir: string,
  oldest: number = OLDEST_ENGINE,
): AsyncGenerator<Finding> {
  yield await found('engine', () => examineEngine(dir, oldest));
  yield await found('compose', () => examineCompose(dir));
}

async function examineEngine(dir: string, oldest: number): Promise<Finding> {
  const version = (await docker(dir, ['version', '--format', '{{.Server.Version}}'])).trim();
  if (Number.parseInt(version, 10) >= oldest) return ok('engine', `Docker ${version}.`);
  const why = oldest === OLDEST_ENGINE ? '' : ', which IPV6=true needs';
  const sentence = `Docker ${version} is older than ${oldest}${why}.`;
  return fail('engine', sentence, 'Update it: https://docs.docker.com/engine/install/');
}

async function examineCompose(dir: string): Promise<Finding> {
  const version = (await compose(dir, ['version', '--short'])).trim();
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number);
  const [oldestMajor, oldestMinor] = OLDEST_COMPOSE;
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) {
    return ok('compose', `Compose ${version}.`);
  }
  const sentence = `Compose ${version} is older than ${OLDEST_COMPOSE.join('.')}.`;
  return fail('compose', sentence, 'Update it: https://docs.docker.com/compose/install/linux/');
}

/** What cannot be looked at is a finding too. */
async function found(name: string, examine: () => Promise<Finding>): Promise<Finding> {
  try {
    return await examine();
  } catch (error) {
    const { message, help } = error as ProsoraError;
    return fail(name, message, help);
  }
}
