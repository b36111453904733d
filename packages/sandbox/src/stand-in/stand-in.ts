import { createServer } from 'node:http';
import { type Listener, listen } from '@prosora/service';
import express, { type Express } from 'express';
import { createFaults, type Faults } from './faults.ts';
import type { Random } from './random.ts';
import { createRequestLog, type RequestLog } from './request-log.ts';
import type { Settings } from './settings.ts';
import type { State } from './state.ts';

/** What the sandbox hands to each stand-in. */
export interface StandInContext {
  /** The address to listen on. */
  host: string;
  /** The port to listen on; 0 picks a free one. */
  port: number;
  /** The host name that goes into URLs. */
  publicHost: string;
  /** The origin that goes into URLs in place of host and port, behind a proxy. */
  publicUrl?: string | undefined;
  /** A folder of its own. */
  dir: string;
  state: State;
  random: Random;
  /** Milliseconds since 1970. */
  now: () => number;
  /** Where an address that a webhook goes to is reached from here. */
  reach: (url: string) => string;
}

/** What the console shows of a stand-in and lets a person or a test do with it. */
export interface StandIn {
  /** The folder name of the vendor, also its path at the console. */
  readonly name: string;
  /** Origin of the vendor's API. */
  readonly url: string;
  readonly faults: Faults;
  readonly requests: RequestLog;
  readonly settings: Settings<object, object>;
  /** What a program needs to use it, by the name a person knows it by. */
  access(): Record<string, string>;
  /** What it holds, one list a name; the console serves each at `/<vendor>/<name>`. */
  readonly views: Readonly<Record<string, () => unknown>>;
  /** Its part of the console page, made with `html`. Types that are published name no package that is not. */
  panel(): Promise<{ readonly text: string }>;
  /** Forgets everything: state, faults, requests; settings return to what they were at the start. */
  reset(): Promise<void>;
  close(): Promise<void>;
}

/** What every stand-in begins with: an app that records each request and applies the faults. */
export interface Frame {
  app: Express;
  faults: Faults;
  requests: RequestLog;
}

/** Creates the app of a stand-in; add the vendor's routes to it, then `listenAs` it. */
export function createFrame({ random, now }: StandInContext): Frame {
  const faults = createFaults(random);
  const requests = createRequestLog(now);
  const app = express();
  app.disable('x-powered-by').disable('etag');
  app.use(requests.middleware, faults.middleware);
  return { app, faults, requests };
}

/** Listens, and says the origin that callers use. @throws ProsoraError `LISTEN_FAILED` */
export async function listenAs(
  app: Express,
  {
    host,
    port,
    publicHost,
    publicUrl,
  }: Pick<StandInContext, 'host' | 'port' | 'publicHost' | 'publicUrl'>,
): Promise<Listener> {
  const listener = await listen(createServer(app), { host, port });
  return { ...listener, url: publicUrl ?? `http://${publicHost}:${listener.port}` };
}
