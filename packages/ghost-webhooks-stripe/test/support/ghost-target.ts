import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { type Listener, listen } from '@prosora/service';
import Stripe from 'stripe';

/** Ghost's WEBHOOK_SECRET in these tests. */
export const HOP_SECRET = 'hop-secret-of-ghost';

/** What Ghost's own page of maintenance has: `maintenanceMiddleware` in its `core/app.js`. */
export const MAINTENANCE = {
  'cache-control':
    'no-cache, private, no-store, must-revalidate, max-stale=0, post-check=0, pre-check=0',
};

/** One event that arrived with a signature and headers that Ghost would accept. */
interface Arrival {
  id: string;
  type: string;
  customer: unknown;
  body: Buffer;
  signature: string;
}

/** Answers for Ghost: a status, or what to do with the connection. */
type Answering = (arrival: Arrival, nth: number) => number | 'hang' | 'cut' | Promise<number>;

/** In the place of a Ghost for what a real one cannot be made to answer on command. */
export interface GhostTarget extends AsyncDisposable {
  url: string;
  port: number;
  arrivals: Arrival[];
  /** Requests that Ghost would not have taken, with the reason. */
  refused: string[];
  /** Most requests that were open at one moment. */
  mostAtOnce: number;
  /** The same among those about one customer. */
  mostOfOneCustomer: number;
  answer: Answering;
  headers: Record<string, string>;
}

/** Starts one. It judges like Ghost: the path, X-Forwarded-Proto, the signature by Stripe's own code. */
export async function startGhostTarget(port = 0): Promise<GhostTarget> {
  let open = 0;
  const openOf = new Map<unknown, number>();
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const body = await buffer(request);
    const problem = problemOf(request, body);
    if (problem !== undefined) {
      target.refused.push(problem);
      return response.writeHead(401).end();
    }
    const { id, type, data } = JSON.parse(body.toString());
    const signature = String(request.headers['stripe-signature']);
    const arrival = { id, type, customer: data.object.customer, body, signature };
    target.arrivals.push(arrival);
    const ofCustomer = (openOf.get(arrival.customer) ?? 0) + 1;
    openOf.set(arrival.customer, ofCustomer);
    target.mostOfOneCustomer = Math.max(target.mostOfOneCustomer, ofCustomer);
    response.once('close', () =>
      openOf.set(arrival.customer, (openOf.get(arrival.customer) ?? 1) - 1),
    );
    const nth = target.arrivals.filter((other) => other.id === id).length;
    const answer = await target.answer(arrival, nth);
    if (answer === 'hang') return;
    if (answer === 'cut') return request.socket.destroy();
    response.writeHead(answer, target.headers).end();
  };
  const server = createServer(async (request, response) => {
    open += 1;
    target.mostAtOnce = Math.max(target.mostAtOnce, open);
    response.once('close', () => {
      open -= 1;
    });
    await handle(request, response);
  });
  const listener: Listener = await listen(server, { host: '127.0.0.1', port });
  const target: GhostTarget = {
    url: listener.url,
    port: listener.port,
    arrivals: [],
    refused: [],
    mostAtOnce: 0,
    mostOfOneCustomer: 0,
    answer: () => 200,
    headers: {},
    [Symbol.asyncDispose]: () => listener.close(2_000),
  };
  return target;
}

function problemOf(request: IncomingMessage, body: Buffer): string | undefined {
  if (request.url !== '/members/webhooks/stripe/') return `path ${request.url}`;
  if (request.headers['x-forwarded-proto'] !== 'https') return 'X-Forwarded-Proto';
  try {
    Stripe.webhooks.constructEvent(body, request.headers['stripe-signature'] ?? '', HOP_SECRET);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
