import { askEngine, type ListedContainer, listContainers } from '../stack/docker-socket.ts';
import type { Subject } from './keep-gauges.ts';
import { countMemoryKills } from './memory-kills.ts';

/** What Docker knows of a container, as far as it is looked at. */
export interface Inspected {
  RestartCount: number;
  State: { Running: boolean; Restarting: boolean; Paused: boolean; Health?: { Status: string } };
  HostConfig: { RestartPolicy: { Name: string } };
}

/** What it measures: https://docs.docker.com/reference/api/engine/version/v1.45/#operation/ContainerStats */
export interface Measured {
  cpu_stats?: { cpu_usage?: { total_usage?: number } };
  memory_stats?: { usage?: number; limit?: number; stats?: Record<string, number> };
}

/** One that ends by itself, as `setup` does, is no part that has to run. */
const isLasting = ({ HostConfig }: Inspected): boolean => HostConfig.RestartPolicy.Name !== 'no';

/** It runs, and its own question finds it well. */
export const isWell = ({ State }: Inspected): boolean =>
  State.Running &&
  !State.Restarting &&
  !State.Paused &&
  [undefined, 'none', 'healthy'].includes(State.Health?.Status);

/**
 * What it holds but for what the system may drop at once, as `docker stats` has it; with cgroups of version 1 that has
 * another name: https://docs.docker.com/reference/cli/docker/container/stats/
 */
export function memoryOf({ memory_stats: memory = {} }: Measured): number {
  const { usage = 0, stats = {} } = memory;
  const droppable = stats['total_inactive_file'] ?? stats['inactive_file'] ?? 0;
  return droppable < usage ? usage - droppable : usage;
}

/** The parts of the stack: whether each runs, what it takes, and what became of it. */
export function watchParts(
  project: string,
  wanted: () => Promise<readonly string[]>,
  signal: AbortSignal,
): Subject {
  let kills: ReadonlyMap<string, number> | undefined;
  return {
    of: 'parts',
    scrapes: 1,
    async read(limit) {
      kills ??= countMemoryKills(project, signal);
      const of = () => new Map<string, number>();
      const [up, restarts, killed, memory, limits, cpu] = [of(), of(), of(), of(), of(), of()];
      for (const part of await wanted()) up.set(part, 0);
      const containers = [...(await listContainers(project, limit))];
      const looks = containers.map(async ([part, container]) => {
        const seen = await lookAt(container, limit);
        if (seen === undefined || !isLasting(seen.inspected)) return;
        const { inspected, measured } = seen;
        up.set(part, isWell(inspected) ? 1 : 0);
        restarts.set(part, inspected.RestartCount);
        killed.set(part, kills?.get(part) ?? 0);
        // One that does not run takes nothing.
        if (measured?.memory_stats?.usage === undefined) return;
        memory.set(part, memoryOf(measured));
        limits.set(part, measured.memory_stats.limit ?? 0);
        cpu.set(part, (measured.cpu_stats?.cpu_usage?.total_usage ?? 0) / 1e9);
      });
      await Promise.all(looks);
      return {
        prosora_part_up: ['part', up],
        prosora_part_restarts_total: ['part', restarts],
        prosora_part_memory_kills_total: ['part', killed],
        prosora_part_memory_bytes: ['part', memory],
        prosora_part_memory_limit_bytes: ['part', limits],
        prosora_part_cpu_seconds_total: ['part', cpu],
      };
    },
  };
}

/** Undefined for one that is removed meanwhile. */
async function lookAt({ Id, State }: ListedContainer, signal: AbortSignal) {
  const ask = <Answer>(what: string) => askEngine<Answer>(`/containers/${Id}/${what}`, signal);
  try {
    const inspected = await ask<Inspected>('json');
    // Without `one-shot` Docker waits for a second value, which takes a second.
    const path = 'stats?stream=false&one-shot=true';
    return { inspected, measured: State === 'running' ? await ask<Measured>(path) : undefined };
  } catch (error) {
    if (/answers (404|409)/.test((error as Error).message)) return undefined;
    throw error;
  }
}
