import { listContainers } from '../stack/docker-socket.ts';

/** How a part of the stack is. */
export interface Part {
  part: string;
  isWell: boolean;
  /** In Docker's words, such as `Up 3 hours (healthy)`. */
  state: string;
}

const LONGEST_MS = 5_000;

/**
 * Looks at every part that the stack should have, as cheaply as it can be: Docker lists its containers.
 *
 * @throws Error when Docker does not answer
 */
export async function lookAtParts(project: string, wanted: readonly string[]): Promise<Part[]> {
  const containers = await listContainers(project, AbortSignal.timeout(LONGEST_MS));
  return wanted.map((part) => {
    const container = containers.get(part);
    if (container === undefined) return { part, isWell: false, state: 'It has no container.' };
    const { State, Status } = container;
    const isWell = State === 'running' && !/\((unhealthy|health: starting|Paused)\)/.test(Status);
    return { part, isWell, state: Status };
  });
}
