import type { RequestHandler } from 'express';

/**
 * Lets any page call, as Tinybird does: a hit carries no cookie, and Ghost Admin's charts a token of their
 * own. Ghost's script sends `x-site-uuid` and Ghost Admin `Authorization`, so from another origin
 * browsers ask first.
 */
export const allowAnyOrigin: RequestHandler = (request, response, next) => {
  response.set('Access-Control-Allow-Origin', '*');
  if (request.method !== 'OPTIONS') return next();
  response.set({
    'Access-Control-Allow-Methods': 'GET, POST, OPTIONS',
    'Access-Control-Allow-Headers':
      request.get('access-control-request-headers') ?? 'Authorization, Content-Type, X-Site-UUID',
    'Access-Control-Max-Age': '86400',
    Vary: 'Access-Control-Request-Headers',
  });
  response.status(204).end();
};
