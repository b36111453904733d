import type { RequestHandler } from 'express';

/**
 * Lets any page call, as Tinybird does: Ghost Admin's charts ask from the browser, with a token in a
 * header and no cookies.
 */
export const cors: RequestHandler = (request, response, next) => {
  response.set('Access-Control-Allow-Origin', '*');
  if (request.method !== 'OPTIONS') return next();
  response.set({
    'Access-Control-Allow-Methods': 'GET, POST, OPTIONS',
    'Access-Control-Allow-Headers':
      request.get('access-control-request-headers') ?? 'Authorization, Content-Type',
    'Access-Control-Max-Age': '86400',
    Vary: 'Access-Control-Request-Headers',
  });
  response.status(204).end();
};
