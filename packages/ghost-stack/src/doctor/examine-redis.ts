import { type Finding, judge } from '@prosora/service';
import { compose } from '../stack/compose.ts';

const MB = 1_048_576;

/** Ghost's cache: that it is closed, and that it has room. */
export async function* examineRedis(dir: string): AsyncGenerator<Finding> {
  const run = (script: string) => compose(dir, ['exec', '-T', 'redis', 'sh', '-c', script]);
  yield judge('redis', (await run('redis-cli ping')).includes('NOAUTH'), {
    ok: 'It lets in nobody without the password.',
    fail: 'It lets in whoever reaches it.',
    remedy: '`prosora up` starts it with the stack’s own settings.',
  });
  const login = 'REDISCLI_AUTH="$(cut -d" " -f2 /run/secrets/redis.conf)" redis-cli info';
  const info = new Map(
    (await run(login)).split('\r\n').map((line) => line.split(':') as [string, string]),
  );
  const of = (name: string): number => Number(info.get(name));
  const sentence = `It uses ${Math.ceil(of('used_memory') / MB)} of ${of('maxmemory') / MB} MB; ${of('evicted_keys')} keys were dropped for want of room.`;
  yield judge('redis: memory', of('rejected_connections') === 0, {
    ok: sentence,
    warn: `${sentence} It turned connections away.`,
    remedy: '`prosora logs redis` says why.',
  });
}
