import express, { type Request, type Router } from 'express';
import * as z from 'zod';
import { domainRoutes } from './domain-routes.ts';
import { MAX_PAGE, page, parse } from './list.ts';
import type { MailStore, StoredMail } from './mail-store.ts';
import { notFound, ResendRefusal } from './refusal.ts';
import type { Suppressions } from './suppressions.ts';
import type { Team } from './team.ts';

/** What the routes that do not send need. */
export interface AdminRoutesContext {
  team: Team;
  mails: MailStore;
  suppressions: Suppressions;
}

/** Reading mails, and domains and suppressions of the team: https://resend.com/docs/api-reference */
export function adminRoutes(context: AdminRoutesContext): Router {
  const router = express.Router();
  addEmailRoutes(router, context);
  router.use('/domains', domainRoutes(context.team));
  addSuppressionRoutes(router, context);
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
  const some = z.array(z.string()).min(1).max(MAX_PAGE);
  const either = z.union([z.strictObject({ emails: some }), z.strictObject({ ids: some })]);
  router.post('/suppressions/batch/remove', (request, response) => {
    const asked = Object.values(parse(either, request)).flat();
    // What is not on the list is left out of the answer.
    const found = asked.flatMap((item) => suppressions.find(item) ?? []);
    const data = found.map(({ id, email: address }) => ({
      object: 'suppression',
      id,
      deleted: suppressions.remove(address),
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
