import express, { type Request, type Router } from 'express';
import * as z from 'zod';
import { type Domain, newDomain, recordsOf, statusOf } from './domain.ts';
import { page, parse } from './list.ts';
import { notFound, ResendRefusal } from './refusal.ts';
import type { Team } from './team.ts';

const HOST_NAME = /^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,}$/;
const label = z.string().regex(/^[a-z0-9-]{1,63}$/);

const creation = z
  .object({
    name: z.string().toLowerCase().regex(HOST_NAME),
    region: z.enum(['us-east-1', 'eu-west-1', 'sa-east-1', 'ap-northeast-1']),
    custom_return_path: label,
    open_tracking: z.boolean(),
    click_tracking: z.boolean(),
    tracking_subdomain: label,
  })
  .partial()
  .required({ name: true });

const changes = creation.pick({
  open_tracking: true,
  click_tracking: true,
  tracking_subdomain: true,
});

/** The team's domains: https://resend.com/docs/api-reference/domains */
export function domainRoutes(team: Team): Router {
  const { domains, settings, now } = team;
  const router = express.Router();
  const find = ({ params }: Request): Domain => {
    const domain = domains.values().find(({ id }) => id === params['id']);
    if (domain === undefined) throw notFound('Domain');
    return domain;
  };
  const describe = (domain: Domain) => {
    const { verifying_since: _since, return_path: _path, ...shown } = domain;
    const status = statusOf(domain, settings.current, now());
    return { ...shown, status, capabilities: { sending: 'enabled', receiving: 'disabled' } };
  };
  const inFull = (domain: Domain) => {
    const shown = describe(domain);
    return { ...shown, records: recordsOf(domain, shown.status) };
  };
  router.get('/', (request, response) => {
    response.json(page(domains.values(), request, describe));
  });
  router.post('/', (request, response) => {
    const { name, custom_return_path, ...choices } = parse(creation, request);
    refuseNew(team, name);
    const chosen = { ...choices, ...(custom_return_path && { return_path: custom_return_path }) };
    const domain = newDomain(team, name, chosen as Parameters<typeof newDomain>[2]);
    domains.put(name, domain);
    response.status(201).json(inFull(domain));
  });
  router.get('/:id', (request, response) => {
    response.json({ object: 'domain', ...inFull(find(request)) });
  });
  router.patch('/:id', (request, response) => {
    const domain = find(request);
    domains.put(domain.name, { ...domain, ...parse(changes, request) } as Domain);
    response.json({ object: 'domain', id: domain.id });
  });
  router.post('/:id/verify', (request, response) => {
    const domain = find(request);
    if (statusOf(domain, settings.current, now()) !== 'verified') {
      domains.put(domain.name, { ...domain, status: 'pending', verifying_since: now() });
    }
    response.json({ object: 'domain', id: domain.id });
  });
  router.delete('/:id', (request, response) => {
    const { id, name } = find(request);
    response.json({ object: 'domain', id, deleted: domains.delete(name) });
  });
  return router;
}

/** @throws ResendRefusal 403 for a name that some team has already, or one more than the plan has */
function refuseNew({ domains, settings }: Team, name: string): void {
  const { foreignDomains, domainLimit } = settings.current;
  if (domains.get(name) !== undefined || foreignDomains.includes(name)) {
    const sentence = `The \`${name}\` domain has been registered already.`;
    throw new ResendRefusal(403, 'validation_error', sentence);
  }
  if (domainLimit === null || domains.values().length < domainLimit) return;
  const count = `${domainLimit} domain${domainLimit === 1 ? '' : 's'}`;
  const sentence = `Your plan includes ${count}. Upgrade to add more.`;
  throw new ResendRefusal(403, 'validation_error', sentence);
}
