import type { Random } from '../stand-in/random.ts';
import type { ResendSettings } from './settings.ts';
import { uuid } from './uuid.ts';

/** How far Resend is with a domain, or with one of its records. */
export type DomainStatus = 'not_started' | 'pending' | 'verified' | 'failed';

/** A sender's domain, as it is kept. */
export interface Domain {
  id: string;
  name: string;
  status: DomainStatus;
  created_at: string;
  region: string;
  open_tracking: boolean;
  click_tracking: boolean;
  /** Under which name links and pixels are served; none without tracking. */
  tracking_subdomain?: string;
  /** Under which name bounces come back. */
  return_path: string;
  /** When its owner asked for it to be looked at, in milliseconds since 1970. */
  verifying_since?: number;
}

/** What whoever makes a domain may choose. */
export type DomainChoices = Partial<
  Pick<
    Domain,
    'region' | 'open_tracking' | 'click_tracking' | 'tracking_subdomain' | 'return_path' | 'status'
  >
>;

/** A domain as it is when it is made. */
export function newDomain(
  { random, now }: { random: Random; now: () => number },
  name: string,
  choices: DomainChoices,
): Domain {
  return {
    id: uuid(random),
    name,
    status: 'not_started',
    created_at: new Date(now()).toISOString(),
    region: 'us-east-1',
    open_tracking: false,
    click_tracking: false,
    return_path: 'send',
    ...choices,
  };
}

/** Resend looks for a domain's records for so long: https://resend.com/docs/dashboard/domains/introduction */
const PATIENCE_MS = 72 * 3_600_000;

/** How far Resend is with a domain by now. */
export function statusOf(
  { status, verifying_since: since }: Domain,
  { dnsRecords, verifyAfterMs }: ResendSettings,
  now: number,
): DomainStatus {
  if (status !== 'pending' || since === undefined) return status;
  if (dnsRecords === 'published' && now - since >= verifyAfterMs) return 'verified';
  return now - since >= PATIENCE_MS ? 'failed' : 'pending';
}

/** The records that its owner has to publish, by names in the zone: https://resend.com/docs/api-reference/domains/create-domain */
export function recordsOf(domain: Domain, status: DomainStatus): object[] {
  const { name, region, return_path, tracking_subdomain } = domain;
  const common = { ttl: 'Auto', status };
  // Of `mail.example.com` the zone is `example.com`.
  const inZone = (label: string) => [label, ...name.split('.').slice(0, -2)].join('.');
  const key = Buffer.from(`the public key of ${name}`).toString('base64');
  return [
    {
      record: 'SPF',
      name: inZone(return_path),
      type: 'MX',
      value: `feedback-smtp.${region}.amazonses.com`,
      priority: 10,
      ...common,
    },
    {
      record: 'SPF',
      name: inZone(return_path),
      type: 'TXT',
      value: 'v=spf1 include:amazonses.com ~all',
      ...common,
    },
    {
      record: 'DKIM',
      name: inZone('resend._domainkey'),
      type: 'TXT',
      value: `p=${key}`,
      ...common,
    },
    ...(tracking_subdomain
      ? [
          {
            record: 'Tracking',
            name: inZone(tracking_subdomain),
            type: 'CNAME',
            value: 'links1.resend-dns.com',
            ...common,
          },
        ]
      : []),
  ];
}
