import { once } from 'node:events';
import { createServer } from 'node:net';
import { GhostLocalError } from '../errors.ts';

/**
 * Resolves to `wanted` if nobody listens there, or to any free port if `wanted` is 0.
 *
 * @throws GhostLocalError `PORT_IN_USE`
 */
export async function findPort(wanted: number): Promise<number> {
  const server = createServer().listen(wanted, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') {
      throw new GhostLocalError('PORT_IN_USE', `Port ${wanted} is in use by another program.`, {
        help: 'Stop that program or choose another port.',
        cause: error,
      });
    }
    throw error;
  }
  const address = server.address();
  await new Promise((closed) => server.close(closed));
  if (address === null || typeof address === 'string') throw new Error('A TCP port was expected');
  return address.port;
}
