import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Registry } from 'prom-client';
import { type Listener, listen } from './listen.ts';

/** Looks at one thing the service needs: resolves when it is well, throws with the sentence that says what is not. */
export type ReadinessCheck = () => Promise<void> | void;

/** What the private listener shows. */
export interface PrivateListenerOptions {
  host: string;
  /** 0 picks a free port. */
  port: number;
  metrics: Registry;
  /** By name; all must pass for `/readyz` to answer 200. */
  checks?: Record<string, ReadinessCheck>;
  /** What a service shows besides; resolves to false for a request that is not for it. (Default: nothing) */
  routes?: (request: IncomingMessage, response: ServerResponse) => Promise<boolean>;
  /** Hears of an error that was answered 500. (Default: nobody) */
  onError?: (error: unknown) => void;
}

/**
 * `/livez` (the process runs), `/readyz` (it can do its work; 503 names each check that fails) and
 * `/metrics` (Prometheus text) on a listener of their own, never on the public one.
 *
 * @throws ProsoraError as `listen` does.
 */
export async function startPrivateListener(options: PrivateListenerOptions): Promise<Listener> {
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    // After two slashes `new URL` reads a host, and throws where there is none.
    const isPath = /^\/(?!\/)/.test(request.url ?? '');
    if (isPath && (await options.routes?.(request, response))) return;
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return answer(response.setHeader('allow', 'GET, HEAD'), 405, 'Only GET and HEAD here.\n');
    }
    switch (request.url) {
      case '/livez':
        return answer(response, 200, 'ok\n');
      case '/readyz': {
        const failures = await failuresOf(options.checks ?? {});
        const text = failures.map((failure) => `${failure}\n`).join('');
        return answer(response, failures.length === 0 ? 200 : 503, text || 'ok\n');
      }
      case '/metrics': {
        const text = await options.metrics.metrics();
        return answer(response.setHeader('content-type', options.metrics.contentType), 200, text);
      }
      default:
        return answer(response, 404, 'Here are /livez, /readyz and /metrics.\n');
    }
  };
  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      options.onError?.(error);
      if (response.headersSent) response.destroy();
      else answer(response, 500, 'This failed; the log says why.\n');
    });
  });
  return listen(server, options);
}

/** What is not well, as a line for each check that fails. */
export async function failuresOf(checks: Record<string, ReadinessCheck>): Promise<string[]> {
  const outcomes = await Promise.all(
    Object.entries(checks).map(async ([name, check]) => {
      try {
        await check();
        return [];
      } catch (error) {
        return [`${name}: ${error instanceof Error ? error.message : String(error)}`];
      }
    }),
  );
  return outcomes.flat();
}

function answer(response: ServerResponse, status: number, text: string): void {
  if (!response.hasHeader('content-type')) response.setHeader('content-type', 'text/plain');
  response.writeHead(status).end(text);
}
