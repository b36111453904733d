import { setTimeout as wait } from 'node:timers/promises';
import { filtersOf, ofProject, openEngine, serviceOf } from '../stack/docker-socket.ts';

const AGAIN_MS = 5_000;

/**
 * Counts by service, from now on, each process that the system killed at a container's memory limit: the event `oom` is
 * told of every process in it, while a container's own `OOMKilled` says nothing of one whose first process lives on. The
 * events are heard as they come, since Docker keeps only the last 256 of all kinds, which are those of a minute. What is
 * killed because the machine itself has no memory left is told on cgroups of version 2 alone.
 */
export function countMemoryKills(
  project: string,
  signal: AbortSignal,
): ReadonlyMap<string, number> {
  const kills = new Map<string, number>();
  let since = Date.now() / 1_000;
  const filters = filtersOf({ event: ['oom'], label: [ofProject(project)] });
  const hear = async (): Promise<void> => {
    const events = await openEngine(`/events?since=${since}&${filters}`, signal);
    let rest = '';
    for await (const chunk of events.setEncoding('utf8')) {
      const lines = `${rest}${chunk}`.split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const { Actor, timeNano } = JSON.parse(line) as OomEvent;
        const service = serviceOf(Actor.Attributes);
        kills.set(service, (kills.get(service) ?? 0) + 1);
        // Past this one, as far as a number can tell two such times apart.
        since = (timeNano + 1_000) / 1e9;
      }
    }
  };
  const goOn = async (): Promise<void> => {
    while (!signal.aborted) {
      await hear().catch(() => {});
      await wait(AGAIN_MS, undefined, { signal }).catch(() => {});
    }
  };
  void goOn();
  return kills;
}

interface OomEvent {
  Actor: { Attributes: Record<string, string> };
  timeNano: number;
}
