import { type Finding, fail, findingLine, judge, ok, ProsoraError } from '@prosora/service';
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
  yield* guarded('files', examineFiles(dir));
}

/** Docker and Compose are there, and new enough. */
export async function* examineDocker(
  dir: string,
  oldest: number = OLDEST_ENGINE,
): AsyncGenerator<Finding> {
  yield* guarded('engine', examineEngine(dir, oldest));
  yield* guarded('compose', examineCompose(dir));
}

async function* examineEngine(dir: string, oldest: number): AsyncGenerator<Finding> {
  const version = (await docker(dir, ['version', '--format', '{{.Server.Version}}'])).trim();
  const why = oldest === OLDEST_ENGINE ? '' : ', which IPV6=true needs';
  yield judge('engine', Number.parseInt(version, 10) >= oldest, {
    ok: `Docker ${version}.`,
    fail: `Docker ${version} is older than ${oldest}${why}.`,
    remedy: 'Update it: https://docs.docker.com/engine/install/',
  });
}

async function* examineCompose(dir: string): AsyncGenerator<Finding> {
  const version = (await compose(dir, ['version', '--short'])).trim();
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number);
  const [oldestMajor, oldestMinor] = OLDEST_COMPOSE;
  const isNewEnough = major > oldestMajor || (major === oldestMajor && minor >= oldestMinor);
  yield judge('compose', isNewEnough, {
    ok: `Compose ${version}.`,
    fail: `Compose ${version} is older than ${OLDEST_COMPOSE.join('.')}.`,
    remedy: 'Update it: https://docs.docker.com/compose/install/linux/',
  });
}

async function* examineFiles(dir: string): AsyncGenerator<Finding> {
  await compose(dir, ['config', '--quiet']);
  yield ok('files', 'Compose reads the stack’s files.');
}

/** What cannot be examined is a finding too, and keeps nothing else from being so. */
export async function* guarded(
  name: string,
  findings: AsyncIterable<Finding>,
): AsyncGenerator<Finding> {
  try {
    yield* findings;
  } catch (error) {
    const { message, help } = error as ProsoraError;
    yield fail(name, message, help);
  }
}

/**
 * Tells what is well as it is found.
 *
 * @throws ProsoraError with that code and everything that is not, once all was looked at
 */
export async function assertWell(
  findings: AsyncIterable<Finding>,
  print: (line: string) => void,
  [code, so]: [code: string, so: string],
): Promise<void> {
  const wrong: string[] = [];
  for await (const finding of findings) {
    if (finding.status === 'fail') wrong.push(findingLine(finding));
    else print(findingLine(finding));
  }
  if (wrong.length > 0) throw new ProsoraError(code, `${so}, since:\n${wrong.join('\n')}`);
}
