import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Listens on a free port and says so as the collector does. */
export function announce(server: Server): void {
  server.listen(0, '127.0.0.1', () => {
    const { port } = server.address() as AddressInfo;
    const url = `http://127.0.0.1:${port}`;
    console.log(JSON.stringify({ msg: 'ready', url, privateUrl: url }));
  });
}
