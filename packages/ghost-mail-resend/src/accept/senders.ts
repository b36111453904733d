import { domainToASCII } from 'node:url';
import { Refusal } from '../errors.ts';
import type { Template } from '../store/message.ts';
import type { Site } from './authenticate.ts';

/** How closely a domain is a site's: a longer name is closer; undefined where it is not. */
type Closeness = number | undefined;

const QUOTED_NAME = /^\s*"(?:[^"\\]|\\.)*"\s*(?=<)/;
const DOMAIN = /@([^\s<>@,;:"()[\]]*)/g;
/** Header fields that name a sender (RFC 5322, 3.6.2 and 3.6.6), beside `From` itself. */
const SENDER_FIELDS = ['from', 'sender', 'resent-from', 'resent-sender'];

/**
 * Sees that a message of a site names no sender of another one. With one site, whose `senders` are not given, every
 * sender may pass: Resend itself takes none but of domains that the team has verified.
 *
 * Otherwise a site sends from its `senders` and what is below them. Where these are not given, from its `domains`,
 * what is below them, and what is directly above one (`mg.example.com` is Mailgun's own advice for `example.com`),
 * unless that is another site's too.
 *
 * @throws Refusal 403 that names the sender's domain, its site and the one that asked
 */
export function assertSender(sites: readonly Site[], site: Site, template: SenderFields): void {
  if (sites.length === 1 && site.senders === undefined) return;
  const fields = Object.entries(template.headers).filter(([name]) =>
    SENDER_FIELDS.includes(name.toLowerCase()),
  );
  for (const [field, value] of [['from', template.from] as const, ...fields]) {
    const domains = domainsOf(value);
    for (const domain of domains.length > 0 ? domains : ['']) {
      const owners = sitesOfSender(sites, domain);
      if (!owners.includes(site)) throw foreignSender(field, domain, owners, site);
    }
  }
}

type SenderFields = Pick<Template, 'from' | 'headers'>;

/** The sites that a sender's domain belongs to: those whose claim is the closest. */
export function sitesOfSender(sites: readonly Site[], domain: string): Site[] {
  const claims = sites.flatMap((site) => {
    const closeness = closenessOf(site, domain);
    return closeness === undefined ? [] : [{ site, closeness }];
  });
  const closest = Math.max(...claims.map(({ closeness }) => closeness));
  const owners = claims.filter(({ closeness }) => closeness === closest).map(({ site }) => site);
  if (closest !== ABOVE) return owners;
  const below = owners.flatMap(({ domains }) => domains.map(normalize));
  const ways = new Set(below.filter((own) => parentOf(own) === domain));
  // Above the different domains of several sites it may be anybody's, so it has to be given.
  return owners.length > 1 && ways.size > 1 ? [] : owners;
}

const ABOVE = 0;

function closenessOf({ senders, domains }: Site, domain: string): Closeness {
  const claimed = (senders ?? domains).map(normalize);
  const within = claimed.filter((own) => own === domain || domain.endsWith(`.${own}`));
  if (within.length > 0) return Math.max(...within.map((own) => own.length));
  const isAbove = domain.includes('.') && claimed.some((own) => parentOf(own) === domain);
  return senders === undefined && isAbove ? ABOVE : undefined;
}

const parentOf = (domain: string): string => domain.slice(domain.indexOf('.') + 1);

/** Every domain that a mailbox could be read to name; what stands in a quoted name is only a name. */
function domainsOf(value: string): string[] {
  const found = [...value.replace(QUOTED_NAME, '').matchAll(DOMAIN)];
  return found.map(([, domain = '']) => normalize(domain));
}

/** Lower case, without a dot at the end, and names of other scripts as the DNS has them. */
function normalize(domain: string): string {
  const plain = domain.replace(/\.$/, '').toLowerCase();
  return domainToASCII(plain) || plain;
}

function foreignSender(
  field: string,
  domain: string,
  owners: readonly Site[],
  site: Site,
): Refusal {
  const names = owners.map(({ name }) => `"${name}"`).join(', ');
  const belongs = owners.length > 0 ? `belongs to the site ${names}` : 'belongs to no site alone';
  const own = (site.senders ?? site.domains).join(', ');
  return new Refusal(
    403,
    `"${field}" names ${domain || 'no domain'}, which ${belongs}; this key is that of the site "${site.name}", which sends from ${own}. Correct the sender in Ghost, or add the domain to "senders" of "${site.name}" in PROSORA_MAIL_SITES.`,
  );
}
