import { setTimeout as delay } from 'node:timers/promises';
import type { RequestHandler } from 'express';
import { createLimiter } from './limiter.ts';
import { ResendRefusal } from './refusal.ts';
import type { Team } from './team.ts';

/** Half of the way takes time before the request is looked at, half after. */
export function travel({ settings, random }: Team): RequestHandler {
  return async (_request, response, next) => {
    const { minLatencyMs, maxLatencyMs } = settings.current;
    if (maxLatencyMs === 0) return next();
    const halfMs = (minLatencyMs + random.next() * (maxLatencyMs - minLatencyMs)) / 2;
    const send = response.send.bind(response);
    response.send = (body) => {
      response.send = send;
      setTimeout(() => send(body), halfMs);
      return response;
    };
    await delay(halfMs);
    next();
  };
}

/** @throws ResendRefusal 401 without a key, 403 with another one than the team's two */
export function authorize({ apiKey, sendingKey }: Team): RequestHandler {
  return (request, _response, next) => {
    const key = /^Bearer (.+)$/.exec(request.get('authorization') ?? '')?.[1];
    if (key === undefined) throw new ResendRefusal(401, 'missing_api_key', 'Missing API Key');
    if (key !== apiKey && key !== sendingKey) {
      throw new ResendRefusal(403, 'invalid_api_key', 'API key is invalid');
    }
    next();
  };
}

/** @throws ResendRefusal 401 for a key that may only send */
export function fullAccessOnly({ sendingKey }: Team): RequestHandler {
  return (request, _response, next) => {
    if (request.get('authorization') === `Bearer ${sendingKey}`) {
      const sentence = 'This API key is restricted to only send emails';
      throw new ResendRefusal(401, 'restricted_api_key', sentence);
    }
    next();
  };
}

/** https://resend.com/docs/api-reference/rate-limit */
export function limit({ settings, now }: Team): RequestHandler {
  let kind = settings.current.limiter;
  let limiter = createLimiter(kind);
  return (_request, response, next) => {
    const { limiter: wanted, requestsPerSecond } = settings.current;
    if (wanted !== kind) {
      kind = wanted;
      limiter = createLimiter(kind);
    }
    const { allowed, remaining, resetMs, retryAfterMs } = limiter.take(now(), requestsPerSecond);
    const seconds = (ms: number) => String(Math.ceil(ms / 1000));
    response.set({
      'ratelimit-limit': String(requestsPerSecond),
      'ratelimit-remaining': String(remaining),
      'ratelimit-reset': seconds(resetMs),
      'ratelimit-policy': `${requestsPerSecond};w=1`,
    });
    if (allowed) return next();
    response.set('retry-after', seconds(retryAfterMs));
    const sentence = `Too many requests. You can only make ${requestsPerSecond} requests per second. See rate limit response headers for more information.`;
    throw new ResendRefusal(429, 'rate_limit_exceeded', sentence);
  };
}
