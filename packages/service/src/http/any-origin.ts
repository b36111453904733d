import type { IncomingMessage, ServerResponse } from 'node:http';

/**
 * Lets any page call, as Tinybird does: a hit carries no cookie, and Ghost Admin's charts a token of their
 * own. Ghost's script sends `x-site-uuid` and Ghost Admin `Authorization`, so from another origin
 * browsers ask first. A handler of Express too.
 */
export function allowAnyOrigin(
  request: IncomingMessage,
  response: ServerResponse,
  next: () => void,
): void {
  response.setHeader('Access-Control-Allow-Origin', '*');
  if (request.method !== 'OPTIONS') {
    next();
    return;
  }
  response.writeHead(204, {
    'Access-Control-Allow-Methods': 'GET, POST, OPTIONS',
    'Access-Control-Allow-Headers':
      request.headers['access-control-request-headers'] ??
      'Authorization, Content-Type, X-Site-UUID',
    'Access-Control-Max-Age': '86400',
    Vary: 'Access-Control-Request-Headers',
  });
  response.end();
}
