import { doctorVerb, type Finding, fail } from '@prosora/service';
import { examineBackups } from '../doctor/examine-backups.ts';
import { examineConsole } from '../doctor/examine-console.ts';
import { examineContainers } from '../doctor/examine-containers.ts';
import { examineDatabase } from '../doctor/examine-database.ts';
import { examineDisk } from '../doctor/examine-disk.ts';
import { examineEdge } from '../doctor/examine-edge.ts';
import { examineGhost } from '../doctor/examine-ghost.ts';
import { examineHost } from '../doctor/examine-host.ts';
import { examineImages } from '../doctor/examine-images.ts';
import { examineRedis } from '../doctor/examine-redis.ts';
import { examineStaging } from '../doctor/examine-staging.ts';
import { examineWebhook } from '../doctor/examine-webhook.ts';
import { stackOptions } from '../options.ts';
import { readNotes } from '../repository/notes.ts';
import { clientOf, ofEvery, SERVICES } from '../services/operator.ts';
import { domainIn, isLocalName, settingReader } from '../settings/effective.ts';
import { compose, containersOf } from '../stack/compose.ts';
import { guarded, preflight } from '../stack/preflight.ts';
import { readStaging } from '../staging/staging-notes.ts';

export const doctor = doctorVerb({
  help: 'Examines the whole stack: one sentence and one remedy each, and what every service’s own doctor says',
  needs: stackOptions,
  async *examine({ options: { dir } }) {
    yield* preflight(dir, process.env);
    yield* examineBackups(readNotes(dir), new Date());
    yield* examineStaging(readStaging(dir), new Date());
    yield* examineConsole(settingReader(dir));
    const containers = await containersOf(dir).catch(() => []);
    if (containers.length === 0) {
      yield fail('containers', 'The stack is down.', '`prosora up` starts it.');
      return;
    }
    const has = (name: string) => containers.some(({ service }) => service === name);
    yield* guarded('containers', examineContainers(dir, containers));
    yield* guarded('images', examineImages(dir, containers));
    yield* guarded('host', examineHost(dir, containers));
    yield* guarded('disk', examineDisk(dir));
    const edge = await edgeOf(dir);
    yield* guarded('edge', examineEdge(edge));
    yield* guarded('ghost', examineGhost(dir, edge.domain, has('db')));
    if (has('db')) yield* guarded('database', examineDatabase(dir));
    if (has('cdn') && has('db')) yield* guarded('cdn', examineWebhook(dir, edge.domain));
    if (has('redis')) yield* guarded('redis', examineRedis(dir));
    for (const service of Object.keys(SERVICES).filter(has)) {
      yield* guarded(service, examineService(dir, service));
    }
  },
});

async function* examineService(dir: string, service: string): AsyncGenerator<Finding> {
  const { findings } = await (await clientOf(dir, service, ofEvery)).ask('doctor', {});
  yield* findings.map((finding) => ({ ...finding, name: `${service}: ${finding.name}` }));
}

async function edgeOf(dir: string) {
  const of = settingReader(dir);
  const domain = domainIn(of);
  const isOwn = of('CERTIFICATES') === 'local' || isLocalName(domain);
  const read = ['exec', '-T', 'caddy', 'wget', '-qO-', 'http://127.0.0.1:2020/ca.pem'];
  const ca = isOwn ? await compose(dir, read).catch(() => undefined) : undefined;
  return { domain, port: Number(of('HTTPS_PORT') || 443), ca };
}
