import path from 'node:path';
import { inject } from 'vitest';
import { DOMAIN, docker, inspect } from './stack.ts';

/** One request of a foreign container. */
export interface ForeignRequest {
  method?: string;
  path: string;
  headers?: Record<string, string>;
  body?: string;
}

/** A container that is no part of the stack but shares a network with some of it. */
export interface ForeignContainer extends AsyncDisposable {
  /** Its own address on that network. */
  address: string;
  /** Sends requests to Caddy, one after another. */
  ask(requests: readonly ForeignRequest[]): Promise<{ status: number; text: string }[]>;
  /** Whether something listens at each of `HOST PORT`. */
  knock(addresses: readonly string[]): Promise<boolean[]>;
}

let count = 0;

/** Starts a container on one of the stack's networks, or on Docker's own when none is named. */
export async function startForeignContainer(
  network?: 'edge' | 'front' | 'egress' | 'back',
): Promise<ForeignContainer> {
  const { project } = inject('stack');
  const name = `${project}-foreign-${++count}`;
  const net = network ? `${project}_${network}` : 'bridge';
  const script = path.join(import.meta.dirname, 'foreign/ask.mjs');
  await docker(['rm', '--force', name]);
  await docker([
    ...['run', '--detach', '--init', '--name', name, '--network', net],
    ...['--volume', `${script}:/ask.mjs:ro`, 'node:24-alpine', 'sleep', '600'],
  ]);
  const run = async (question: object) =>
    JSON.parse(await docker(['exec', name, 'node', '/ask.mjs', JSON.stringify(question)]));
  return {
    address: (await inspect(name)).NetworkSettings.Networks[net]?.IPAddress ?? '',
    ask: (requests) => run({ host: 'caddy', domain: DOMAIN, requests }),
    knock: (connects) => run({ connects }),
    async [Symbol.asyncDispose]() {
      await docker(['rm', '--force', name]);
    },
  };
}
