import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { inject } from 'vitest';
import { docker } from '../stack.ts';

/** One thing that a person was told of. */
export interface Told {
  /** The alert's name, or that of what `ops` found itself. */
  name: string;
  /** Its sentence, or how long it lasted. */
  text: string;
  /** It is well again. */
  isOver: boolean;
  /** In milliseconds, of this machine. */
  at: number;
}

/** Where people hear what `ops` has to say, and the pings of the dead-man's switch. */
export interface People extends AsyncDisposable {
  told: readonly Told[];
  pings: readonly number[];
  /** For `.env`. */
  settings: Record<string, string>;
}

interface Message {
  title: string;
  text: string;
  kind: 'problem' | 'note' | 'good' | 'news';
}

const TITLE = /: (\S+) (?:needs you|is well again)$/;

/** One message may be of several things, each on a line that begins with its name. */
function readMessage({ title, text, kind }: Message): Told[] {
  const isOver = kind === 'good';
  const at = Date.now();
  const name = TITLE.exec(title)?.[1];
  const isOneKind = name !== undefined && !text.startsWith(`${name}: `);
  if (isOneKind) return [{ name, text, isOver, at }];
  return text.split('\n').map((line) => {
    const [, of = line, sentence = ''] = /^(\w+): (.*)$/.exec(line) ?? [];
    return { name: of, text: sentence, isOver, at };
  });
}

/** Listens where containers of the stack reach it. */
export async function startPeople(): Promise<People> {
  const told: Told[] = [];
  const pings: number[] = [];
  const server = createServer(async (request, response) => {
    if (request.method !== 'POST') pings.push(Date.now());
    else {
      const message = (await json(request)) as Message;
      if (message.kind !== 'news') told.push(...readMessage(message));
    }
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, resolve));
  const format = '{{(index .IPAM.Config 0).Gateway}}';
  const network = `${inject('stack').project}_egress`;
  const gateway = await docker(['network', 'inspect', network, '--format', format]);
  const url = `http://${gateway}:${(server.address() as AddressInfo).port}`;
  return {
    told,
    pings,
    settings: { NOTIFY_WEBHOOK_URL: `${url}/told`, WATCH_PING_URL: `${url}/ping` },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
