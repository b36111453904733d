import express, { type Request, type Router } from 'express';
import * as z from 'zod';
import { page, parse } from './list.ts';
import { notFound, ResendRefusal } from './refusal.ts';
import type { WebhookEvent } from './webhook-events.ts';
import type { Endpoint, Webhooks } from './webhooks.ts';

const creation = z.object({ endpoint: z.url(), events: z.array(z.string()).nullish() });
const change = z
  .object({
    endpoint: z.url(),
    events: z.array(z.string()),
    status: z.enum(['enabled', 'disabled']),
  })
  .partial();

/** The team's webhooks and what was made for them: https://resend.com/docs/api-reference/webhooks */
export function webhookRoutes(webhooks: Webhooks): Router {
  const router = express.Router();
  addEndpointRoutes(router, webhooks);
  addEventRoutes(router, webhooks);
  return router;
}

function addEndpointRoutes(router: Router, webhooks: Webhooks): void {
  const { endpoints } = webhooks;
  router.get('/', (request, response) => {
    response.json(
      page(endpoints.values(), request, ({ signing_secret: _secret, ...endpoint }) => endpoint),
    );
  });
  router.post('/', (request, response) => {
    const { endpoint, events } = parse(creation, request);
    const { id, signing_secret } = webhooks.createEndpoint(endpoint, events ?? null);
    response.status(201).json({ object: 'webhook', id, signing_secret });
  });
  router.get('/:id', (request, response) => {
    response.json({ object: 'webhook', ...findEndpoint(webhooks, request) });
  });
  router.patch('/:id', (request, response) => {
    const endpoint = findEndpoint(webhooks, request);
    const { id } = endpoint;
    endpoints.put(id, { ...endpoint, ...parse(change, request) } as Endpoint);
    response.json({ object: 'webhook', id });
  });
  router.post('/:id/signing-secret/rotate', (request, response) => {
    const { id, signing_secret } = webhooks.rotateSecret(findEndpoint(webhooks, request));
    response.json({ object: 'webhook', id, signing_secret });
  });
  router.delete('/:id', (request, response) => {
    const { id } = findEndpoint(webhooks, request);
    response.json({ object: 'webhook', id, deleted: endpoints.delete(id) });
  });
}

function addEventRoutes(router: Router, webhooks: Webhooks): void {
  router.get('/:id/events', (request, response) => {
    refuseBefore(request);
    const { id } = findEndpoint(webhooks, request);
    response.json(page(webhooks.events.list(id), request, summary));
  });
  router.get('/:id/events/:event', (request, response) => {
    const event = findEvent(webhooks, request);
    const { next_attempt_at, payload } = event;
    const details = { next_attempt_at, payload: JSON.parse(payload) };
    response.json({ object: 'webhook_event', ...summary(event), ...details });
  });
  router.get('/:id/events/:event/attempts', (request, response) => {
    refuseBefore(request);
    const { attempts } = findEvent(webhooks, request);
    response.json(page(attempts, request, (attempt) => attempt));
  });
  router.post('/:id/events/:event/replay', (request, response) => {
    const endpoint = findEndpoint(webhooks, request);
    const event = findEvent(webhooks, request);
    if (endpoint.status !== 'enabled') {
      throw new ResendRefusal(422, 'validation_error', 'The webhook is disabled.');
    }
    webhooks.replay(endpoint, event);
    response.json({ object: 'webhook_event', id: event.id });
  });
}

function summary({ id, type, created_at, status }: WebhookEvent) {
  return { id, type, created_at, status };
}

/** These lists only go forward. */
function refuseBefore({ query }: Request): void {
  if (query['before'] === undefined) return;
  const sentence = 'The `before` parameter is not supported for this endpoint.';
  throw new ResendRefusal(422, 'validation_error', sentence);
}

function findEndpoint({ endpoints }: Webhooks, { params }: Request): Endpoint {
  const endpoint = endpoints.get(String(params['id']));
  if (endpoint === undefined) throw notFound('Webhook');
  return endpoint;
}

function findEvent(webhooks: Webhooks, request: Request): WebhookEvent {
  const { id } = findEndpoint(webhooks, request);
  const event = webhooks.events.find(id, String(request.params['event']));
  if (event === undefined) throw notFound('Webhook event');
  return event;
}
