import { type Finding, fail, ok, warn } from '@prosora/service';
import { type Container, docker, jsonLines } from '../stack/compose.ts';

/** Those that did their work and ended well are none. */
export async function* examineContainers(
  dir: string,
  containers: readonly Container[],
): AsyncGenerator<Finding> {
  for (const { id, service, state, health, exitCode, status } of containers) {
    if (state === 'exited' && exitCode === 0) continue;
    const isWell = state === 'running' && (health === '' || health === 'healthy');
    yield isWell
      ? ok(service, `${status}.`)
      : fail(service, `${status}.`, `\`prosora logs ${service}\` says why.`);
    yield* await restartsOf(dir, id, service);
  }
}

/** Docker starts what dies anew, so that nobody notices. */
async function restartsOf(dir: string, id: string, service: string): Promise<Finding[]> {
  const [row = {}] = jsonLines(
    await docker(dir, [
      'inspect',
      '--format',
      '{"count":{{.RestartCount}},"oom":{{.State.OOMKilled}}}',
      id,
    ]),
  );
  const findings: Finding[] = [];
  const remedy = `\`prosora logs ${service} --level error\` may say why.`;
  if (Number(row['count']) > 0) {
    findings.push(warn(service, `It died ${row['count']} times and was started anew.`, remedy));
  }
  if (row['oom'] === true) {
    findings.push(fail(service, 'It was killed for want of memory.', 'Raise its limit in .env.'));
  }
  return findings;
}
