import { doctorVerb, type Finding, fail, type ProsoraError } from '@prosora/service';
import { examineBackups } from '../doctor/examine-backups.ts';
import { examineContainers } from '../doctor/examine-containers.ts';
import { examineDatabase } from '../doctor/examine-database.ts';
import { examineDisk } from '../doctor/examine-disk.ts';
import { examineEdge } from '../doctor/examine-edge.ts';
import { examineGhost } from '../doctor/examine-ghost.ts';
import { examineHost } from '../doctor/examine-host.ts';
import { examineRedis } from '../doctor/examine-redis.ts';
import { stackOptions } from '../options.ts';
import { readNotes } from '../repository/notes.ts';
import { operatorOf, SERVICES } from '../services/operator.ts';
import { effectiveSettings } from '../settings/effective.ts';
import { compose, containersOf } from '../stack/compose.ts';
import { preflight } from '../stack/preflight.ts';

export const doctor = doctorVerb({
  help: 'Examines the whole stack: one sentence and one remedy each, and what every service’s own doctor says',
  needs: stackOptions,
  async *examine({ options: { dir } }) {
    yield* preflight(dir, process.env);
    yield* examineBackups(readNotes(dir), new Date());
    const containers = await containersOf(dir).catch(() => []);
    if (containers.length === 0) {
      yield fail('containers', 'The stack is down.', '`prosora up` starts it.');
      return;
    }
    const has = (name: string) => containers.some(({ service }) => service === name);
    yield* guarded('containers', examineContainers(dir, containers));
    yield* guarded('host', examineHost(dir, containers));
    yield* guarded('disk', examineDisk(dir));
    const edge = await edgeOf(dir);
    yield* guarded('edge', examineEdge(edge));
    yield* guarded('ghost', examineGhost(dir, edge.domain));
    if (has('db')) yield* guarded('database', examineDatabase(dir));
    if (has('redis')) yield* guarded('redis', examineRedis(dir));
    for (const service of Object.keys(SERVICES).filter(has)) {
      yield* guarded(service, examineService(dir, service));
    }
  },
});

/** What cannot be examined is a finding, and keeps nothing else from being so. */
async function* guarded(name: string, findings: AsyncIterable<Finding>): AsyncGenerator<Finding> {
  try {
    yield* findings;
  } catch (error) {
    const { message, help } = error as ProsoraError;
    yield fail(name, message, help);
  }
}

async function* examineService(dir: string, service: string): AsyncGenerator<Finding> {
  const { findings } = await (await operatorOf(dir, service)).ask('doctor', {});
  for (const { name, status, sentence, remedy } of findings) {
    yield { name: `${service}: ${name}`, status, sentence, ...(remedy && { remedy }) };
  }
}

/** Names below these end on this machine, and their certificates are the edge's own. */
const LOCAL_NAME = /(^|\.)(localhost|local|internal|home\.arpa)$/;

async function edgeOf(dir: string) {
  const settings = effectiveSettings(dir, process.env);
  const of = (name: string): string => settings.get(name)?.value ?? '';
  const domain = of('DOMAIN') || 'ghost.localhost';
  const isOwn = of('CERTIFICATES') === 'local' || LOCAL_NAME.test(domain);
  const read = ['exec', '-T', 'caddy', 'wget', '-qO-', 'http://127.0.0.1:2020/ca.pem'];
  const ca = isOwn ? await compose(dir, read).catch(() => undefined) : undefined;
  return { domain, port: Number(of('HTTPS_PORT') || 443), ca };
}
