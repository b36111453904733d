import { type Finding, fail, judge, warn } from '@prosora/service';
import { counted } from '../services/telling.ts';
import { type Container, docker, jsonLines } from '../stack/compose.ts';

/** Those that did their work and ended well are none. */
export async function* examineContainers(
  dir: string,
  containers: readonly Container[],
): AsyncGenerator<Finding> {
  for (const { id, service, state, health, exitCode, status } of containers) {
    if (state === 'exited' && exitCode === 0) continue;
    const isWell = state === 'running' && (health === '' || health === 'healthy');
    const remedy = `\`prosora logs ${service}\` says why.`;
    yield judge(service, isWell, { ok: `${status}.`, fail: `${status}.`, remedy });
    yield* await restartsOf(dir, id, service);
  }
}

/** Docker starts what dies anew, so that nobody notices. */
async function restartsOf(dir: string, id: string, service: string): Promise<Finding[]> {
  const format = '{"count":{{.RestartCount}},"oom":{{.State.OOMKilled}}}';
  const [row = {}] = jsonLines(await docker(dir, ['inspect', '--format', format, id]));
  const findings: Finding[] = [];
  const remedy = `\`prosora logs ${service} --level error\` may say why.`;
  if (Number(row['count']) > 0) {
    const times = counted(Number(row['count']), 'time');
    findings.push(warn(service, `It died ${times} and was started anew.`, remedy));
  }
  if (row['oom'] === true) {
    findings.push(fail(service, 'It was killed for want of memory.', 'Raise its limit in .env.'));
  }
  return findings;
}
