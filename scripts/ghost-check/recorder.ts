import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** A server in the place of Mailgun and of Tinybird that notes what Ghost asks, and has nothing to tell. */
export interface Recorder extends AsyncDisposable {
  url: string;
  /** Every request so far, as a line: the route, the names of its parameters and of the fields of its form. */
  asked: Set<string>;
}

/** Starts a recorder on a free port. */
export async function startRecorder(): Promise<Recorder> {
  const asked = new Set<string>();
  const server = createServer(async (request, response) => {
    asked.add(lineOf(request, await text(request)));
    const isMail = request.url?.includes('/messages');
    // As Mailgun says that there is no event, and Tinybird that there is no row.
    const next = `http://${request.headers.host}/v3/events/next`;
    const nothing = { items: [], paging: { next }, data: [], meta: [], rows: 0 };
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(isMail ? SENT : nothing));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const SENT = { id: '<1@example.org>', message: 'Queued. Thank you.' };

function lineOf({ method, url }: IncomingMessage, body: string): string {
  const { pathname, searchParams } = new URL(url ?? '/', 'http://recorder');
  const parameters = [...new Set(searchParams.keys())].sort().join('&');
  // What kinds of event Ghost wants is a part of the question, and so is what it wants to know of a newsletter.
  const event = searchParams.has('event') ? ` event=${searchParams.get('event')}` : '';
  const fields = [
    ...new Set([...body.matchAll(/form-data; name="([^"]+)"/g)].map(([, name]) => name)),
  ];
  const form = fields.length > 0 ? ` form: ${fields.sort().join(' ')}` : '';
  return `${method} ${pathname}${parameters && `?${parameters}`}${event}${form}`;
}
