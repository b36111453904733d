import { runIn } from '../stack/docker-socket.ts';
import type { Readings, Subject } from './keep-gauges.ts';

/**
 * Redis is on a network that leads nowhere, so it is asked in its own container, where its password is. One that hangs
 * is let go of: Docker does not end what it has begun there.
 */
const SCRIPT =
  'REDISCLI_AUTH="$(cut -d" " -f2 /run/secrets/redis.conf)" exec timeout 5 redis-cli info';

/** By the metric: the field of `INFO`, https://redis.io/docs/latest/commands/info/ */
const FIELDS = {
  prosora_redis_memory_bytes: 'used_memory',
  prosora_redis_memory_limit_bytes: 'maxmemory',
  prosora_redis_evicted_total: 'evicted_keys',
  prosora_redis_hits_total: 'keyspace_hits',
  prosora_redis_misses_total: 'keyspace_misses',
  prosora_redis_connections: 'connected_clients',
  prosora_redis_refused_total: 'rejected_connections',
} as const;

/** What `INFO` says; nothing of an answer that is none, such as a refusal. */
export function readInfo(printed: string): Readings {
  const info = new Map(
    printed.split('\r\n').map((line) => line.split(':') as [string, string | undefined]),
  );
  if (!info.has('used_memory')) throw new Error('Redis says nothing of itself.');
  const found = Object.entries(FIELDS).flatMap(([name, field]) => {
    const value = Number(info.get(field));
    return Number.isFinite(value) ? [[name, value] as const] : [];
  });
  return { prosora_redis_up: 1, ...Object.fromEntries(found) };
}

/** Ghost's cache; of one elsewhere nothing is known. */
export function watchRedis(project: string, isHere: () => boolean): Subject {
  return {
    of: 'redis',
    scrapes: 1,
    async read(signal) {
      if (!isHere()) return {};
      return await runIn(project, 'redis', SCRIPT, signal).then(readInfo, () => ({
        prosora_redis_up: 0,
      }));
    },
  };
}
