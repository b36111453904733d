import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** What `npm publish` sends, and what a registry answers of a package. */
interface Packument {
  name: string;
  versions: Record<string, object>;
  'dist-tags': Record<string, string>;
  _attachments?: Record<string, { data: string }>;
}

/** A registry of the packages that are published to it, in memory. */
export interface Registry extends AsyncDisposable {
  url: string;
}

/** Starts a registry that knows `npm publish` and what `npm install` asks, for one scope. */
export async function startRegistry(): Promise<Registry> {
  const packages = new Map<string, Packument>();
  const tarballs = new Map<string, Buffer>();
  const server = createServer(async (request, response) => {
    const [name = '', file] = decodeURIComponent(request.url ?? '/')
      .slice(1)
      .split('/-/');
    if (request.method === 'PUT') {
      const { _attachments = {}, ...sent }: Packument = JSON.parse(await text(request));
      for (const [tarball, { data }] of Object.entries(_attachments)) {
        tarballs.set(tarball, Buffer.from(data, 'base64'));
      }
      const versions = { ...packages.get(name)?.versions, ...sent.versions };
      packages.set(name, { ...sent, versions });
      response.writeHead(201).end('{}');
      return;
    }
    const found = file === undefined ? packages.get(name) : tarballs.get(file);
    if (found === undefined) response.writeHead(404).end('{"error":"not found"}');
    else response.writeHead(200).end(Buffer.isBuffer(found) ? found : JSON.stringify(found));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
