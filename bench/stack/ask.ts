import { Agent, request } from 'node:https';
import { DOMAIN, PORT } from './site.ts';

const agent = new Agent({
  keepAlive: true,
  maxSockets: 8,
  rejectUnauthorized: false,
  servername: DOMAIN,
});

/** Reads one page of the site and forgets it. @returns its status */
export function ask(path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const at = { host: '127.0.0.1', port: PORT, path, agent, headers: { host: DOMAIN } };
    request(at, (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode ?? 0));
    })
      .on('error', reject)
      .end();
  });
}
