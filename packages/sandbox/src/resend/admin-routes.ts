import express, { type Request, type Router } from 'express';
import { z } from 'zod';
import type { MailStore, StoredMail } from './mail-store.ts';
import { notFound, ResendRefusal } from './refusal.ts';
import type { Suppressions } from './suppressions.ts';
import type { Domain, Team } from './team.ts';
import { uuid } from './uuid.ts';
import type { Endpoint, Webhooks } from './webhooks.ts';

/** What the routes that do not send need. */
export interface AdminRoutesContext {
  team: Team;
  mails: MailStore;
  suppressions: Suppressions;
  webhooks: Webhooks;
}

const MAX_PAGE = 100;
const DEFAULT_PAGE = 20;

/** Reading mails, and domains, suppressions and webhooks of the team: https://resend.com/docs/api-reference */
export function adminRoutes(context: AdminRoutesContext): Router {
  const router = express.Router();
  addEmailRoutes(router, context);
  addDomainRoutes(router, context);
  addSuppressionRoutes(router, context);
  addWebhookRoutes(router, context);
  return router;
}

function addEmailRoutes(router: Router, { mails }: AdminRoutesContext): void {
  const find = ({ params }: Request): StoredMail => {
    const mail = mails.get(String(params['id']));
    if (mail === undefined) throw notFound('Email');
    return mail;
  };
  router.get('/emails', (request, response) => {
    const newestFirst = mails.list().reverse();
    response.json(page(newestFirst, request, ({ id }) => describeMail(mails.get(id))));
  });
  router.get('/emails/:id', (request, response) => {
    response.json({ object: 'email', ...describeMail(find(request)) });
  });
  router.patch('/emails/:id', (request, response) => {
    const { id } = findScheduled(find(request));
    const { scheduled_at } = parse(z.object({ scheduled_at: z.string() }), request);
    mails.setSchedule(id, scheduled_at);
    response.json({ object: 'email', id });
  });
  router.post('/emails/:id/cancel', (request, response) => {
    const { id } = findScheduled(find(request));
    mails.setLastEvent(id, 'canceled');
    response.json({ object: 'email', id });
  });
}

function findScheduled(mail: StoredMail): StoredMail {
  if (mail.lastEvent === 'scheduled') return mail;
  throw new ResendRefusal(422, 'validation_error', 'Only scheduled emails can be changed.');
}

function describeMail(mail: StoredMail | undefined) {
  if (mail === undefined) throw notFound('Email');
  const { createdAt, lastEvent, headers: _headers, attachments: _attachments, ...content } = mail;
  const message_id = `<${mail.id}@eu-west-1.amazonses.com>`;
  const created_at = new Date(createdAt).toISOString();
  return { ...content, tags: content.tags ?? [], message_id, created_at, last_event: lastEvent };
}

function addDomainRoutes(router: Router, { team }: AdminRoutesContext): void {
  const { domains } = team;
  const find = ({ params }: Request): Domain => {
    const domain = domains.values().find(({ id }) => id === params['id']);
    if (domain === undefined) throw notFound('Domain');
    return domain;
  };
  const describe = (domain: Domain) => ({
    ...domain,
    capabilities: { sending: 'enabled', receiving: 'disabled' },
  });
  router.get('/domains', (request, response) => {
    response.json(page(domains.values(), request, describe));
  });
  router.post('/domains', (request, response) => {
    const { name } = parse(z.object({ name: z.string().toLowerCase() }), request);
    const domain = newDomain(team, name, 'not_started');
    domains.put(name, domain);
    response.status(201).json({ ...describe(domain), records: [] });
  });
  router.get('/domains/:id', (request, response) => {
    response.json({ object: 'domain', ...describe(find(request)), records: [] });
  });
  const changes = z.object({ open_tracking: z.boolean(), click_tracking: z.boolean() }).partial();
  router.patch('/domains/:id', (request, response) => {
    const domain = find(request);
    domains.put(domain.name, { ...domain, ...parse(changes, request) } as Domain);
    response.json({ object: 'domain', id: domain.id });
  });
  router.post('/domains/:id/verify', (request, response) => {
    const domain = find(request);
    domains.put(domain.name, { ...domain, status: 'verified' });
    response.json({ object: 'domain', id: domain.id });
  });
  router.delete('/domains/:id', (request, response) => {
    const { id, name } = find(request);
    response.json({ object: 'domain', id, deleted: domains.delete(name) });
  });
}

/** A domain as it is when it is made. */
export function newDomain({ random, now }: Team, name: string, status: Domain['status']): Domain {
  return {
    id: uuid(random),
    name,
    status,
    created_at: new Date(now()).toISOString(),
    region: 'eu-west-1',
    open_tracking: false,
    click_tracking: false,
  };
}

function addSuppressionRoutes(router: Router, { suppressions }: AdminRoutesContext): void {
  const email = z.object({ email: z.string() });
  router.get('/suppressions', (request, response) => {
    const { origin } = request.query;
    const all = suppressions
      .list()
      .filter((item) => origin === undefined || item.origin === origin);
    response.json(page(all, request, (item) => item));
  });
  router.post('/suppressions', (request, response) => {
    const { id } = suppressions.add(parse(email, request).email, 'manual');
    response.status(201).json({ object: 'suppression', id });
  });
  router.post('/suppressions/batch/add', (request, response) => {
    const { emails } = parse(z.object({ emails: z.array(z.string()).max(MAX_PAGE) }), request);
    const data = emails.map((item) => ({
      object: 'suppression',
      id: suppressions.add(item, 'manual').id,
    }));
    response.json({ data });
  });
  router.get('/suppressions/:id', (request, response) => {
    const suppression = suppressions.find(request.params.id);
    if (suppression === undefined) throw notFound('Suppression');
    response.json({ object: 'suppression', ...suppression });
  });
  router.delete('/suppressions/:id', (request, response) => {
    const suppression = suppressions.find(request.params.id);
    if (suppression === undefined) throw notFound('Suppression');
    const deleted = suppressions.remove(suppression.email);
    response.json({ object: 'suppression', id: suppression.id, deleted });
  });
}

function addWebhookRoutes(router: Router, { webhooks }: AdminRoutesContext): void {
  const { endpoints } = webhooks;
  const find = ({ params }: Request): Endpoint => {
    const endpoint = endpoints.get(String(params['id']));
    if (endpoint === undefined) throw notFound('Webhook');
    return endpoint;
  };
  const creation = z.object({ endpoint: z.url(), events: z.array(z.string()).nullish() });
  router.get('/webhooks', (request, response) => {
    response.json(
      page(endpoints.values(), request, ({ signing_secret: _secret, ...endpoint }) => endpoint),
    );
  });
  router.post('/webhooks', (request, response) => {
    const { endpoint, events } = parse(creation, request);
    const { id, signing_secret } = webhooks.createEndpoint(endpoint, events ?? null);
    response.status(201).json({ object: 'webhook', id, signing_secret });
  });
  router.get('/webhooks/:id', (request, response) => {
    response.json({ object: 'webhook', ...find(request) });
  });
  router.delete('/webhooks/:id', (request, response) => {
    const { id } = find(request);
    response.json({ object: 'webhook', id, deleted: endpoints.delete(id) });
  });
}

/** A list as the API pages it: `limit`, and `after` or `before` an id. */
function page<T extends { id: string }, R>(
  items: readonly T[],
  { query }: Request,
  describe: (item: T) => R,
) {
  const limit = Math.min(MAX_PAGE, Number(query['limit'] ?? DEFAULT_PAGE));
  const place = (id: unknown) => items.findIndex((item) => item.id === id);
  const isBefore = query['before'] !== undefined;
  const end = isBefore ? place(query['before']) : Number.POSITIVE_INFINITY;
  const start = isBefore ? Math.max(0, end - limit) : place(query['after']) + 1;
  const shown = items.slice(start, Math.min(end, start + limit));
  const has_more = isBefore ? start > 0 : start + limit < items.length;
  return { object: 'list', has_more, data: shown.map(describe) };
}

function parse<Schema extends z.ZodType>(schema: Schema, request: Request): z.output<Schema> {
  let body: unknown;
  try {
    body = JSON.parse(Buffer.isBuffer(request.body) ? request.body.toString() : '{}');
  } catch {
    throw new ResendRefusal(422, 'validation_error', 'The body is not JSON.');
  }
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const message = `Invalid \`${issue?.path.join('.')}\` field. ${issue?.message}`;
  throw new ResendRefusal(422, 'validation_error', message);
}
