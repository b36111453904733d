import { type Finding, fail, ok, type ProsoraError } from '@prosora/service';
import { settingProblems } from '../settings/check-settings.ts';
import { compose, docker } from './compose.ts';

/** The oldest that the stack's file is written for: `start_interval` of health checks needs both. */
const OLDEST_ENGINE = 25;
const OLDEST_COMPOSE = [2, 26] as const;

/**
 * What has to be right before anything of a running stack is touched: `docker compose up` by itself stops what
 * depends on a container that fails, and starts nothing of it again.
 */
export async function* preflight(
  dir: string,
  env: Record<string, string | undefined>,
): AsyncGenerator<Finding> {
  yield* examineDocker(dir);
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
export async function* examineDocker(dir: string): AsyncGenerator<Finding> {
  yield await found('engine', () => examineEngine(dir));
  yield await found('compose', () => examineCompose(dir));
}

async function examineEngine(dir: string): Promise<Finding> {
  const version = (await docker(dir, ['version', '--format', '{{.Server.Version}}'])).trim();
  if (Number.parseInt(version, 10) >= OLDEST_ENGINE) return ok('engine', `Docker ${version}.`);
  const sentence = `Docker ${version} is older than ${OLDEST_ENGINE}.`;
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
