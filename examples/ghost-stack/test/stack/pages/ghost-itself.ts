import { request as httpRequest } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { inject } from 'vitest';
import { containerOf, DOMAIN, inspect } from '../stack.ts';

/** What Ghost answers a reader, past the edge and past all memory, as the edge would ask it. */
export async function askGhost(path: string): Promise<{ status: number; body: Buffer }> {
  const { Networks } = (await inspect(containerOf('ghost'))).NetworkSettings;
  const host = Networks[`${inject('stack').project}_egress`]?.IPAddress;
  return await new Promise((resolve, reject) => {
    const headers = { host: DOMAIN, 'x-forwarded-proto': 'https' };
    httpRequest({ host, port: 2368, path, headers, agent: false }, (response) => {
      const { statusCode: status = 0 } = response;
      buffer(response).then((body) => resolve({ status, body }), reject);
    })
      .on('error', reject)
      .end();
  });
}
