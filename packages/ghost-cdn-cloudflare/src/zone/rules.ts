import * as z from 'zod';
import { hostsOf, type SiteAddresses } from '../purge/urls.ts';

/** A rule of one of Cloudflare's phases, with whatever else it holds. */
export const ruleSchema = z.looseObject({
  ref: z.string().optional(),
  description: z.string().optional(),
  expression: z.string(),
  action: z.string(),
  action_parameters: z.looseObject({}).optional(),
  enabled: z.boolean().optional(),
});

/** A rule, as it is read and as it is written. */
export type Rule = z.output<typeof ruleSchema>;

/** The phases in which we have rules: https://developers.cloudflare.com/cache/how-to/cache-rules/ and `…/cache-response-rules/` */
export const PHASES = ['http_request_cache_settings', 'http_response_cache_settings'] as const;
export type Phase = (typeof PHASES)[number];

/** Our rules are known by their `ref`; all others are somebody else's. */
const OURS = 'prosora_';

/** What only Ghost may answer: as `pages` has it, which is asked for all else. */
const PERSONAL = [
  'ghost',
  'members',
  '.ghost',
  'r',
  'p',
  'unsubscribe',
  'private',
  'email',
  'webmentions',
  'webhooks',
  '.well-known',
];
/** Whoever sends one of these is known to Ghost, pays, or looks at what is not published. */
const PERSONAL_HEADERS = ['authorization', 'x-payment', 'payment-signature', 'x-ghost-preview'];
/** Names that are never given to another file. */
const FILES = ['content/images', 'assets', 'public'];

/** How long the edge keeps a page of which nobody said that it changed, in seconds. */
const PAGE_SECONDS = 300;
const FILE_SECONDS = 2_592_000;

/** The rules of a site: what goes by Cloudflare, and what it keeps. Later ones win over earlier ones. */
export function rulesFor(site: SiteAddresses): Record<Phase, Rule[]> {
  const base = new URL(site.siteUrl).pathname.replace(/\/$/, '');
  const path = 'http.request.uri.path';
  const startsWith = (prefix: string) => `starts_with(${path}, "${base}/${prefix}/")`;
  const names = hostsOf(site).map((name) => `"${name}"`);
  const host = `http.host in {${names.join(' ')}}`;
  const ofSite = base === '' ? host : `${host} and starts_with(${path}, "${base}/")`;
  const isPersonal = [
    ...PERSONAL.map((part) => `${path} eq "${base}/${part}" or ${startsWith(part)}`),
    // Posts that may be sold to machines.
    `ends_with(${path}, ".md")`,
    ...PERSONAL_HEADERS.map((name) => `any(http.request.headers["${name}"][*] ne "")`),
  ].join(' or ');
  return {
    http_request_cache_settings: [
      {
        ref: `${OURS}pages`,
        description: 'Pages of Ghost, for visitors whom Ghost does not know',
        expression: `(${ofSite} and not http.cookie contains "ghost")`,
        action: 'set_cache_settings',
        action_parameters: {
          cache: true,
          edge_ttl: { mode: 'respect_origin' },
          browser_ttl: { mode: 'respect_origin' },
          // Whoever comes first after a publish sees what was published.
          serve_stale: { disable_stale_while_updating: true },
        },
      },
      {
        ref: `${OURS}files`,
        description: 'Images of Ghost and of its theme, whose names change with what they hold',
        expression: `(${ofSite} and (${FILES.map(startsWith).join(' or ')}))`,
        action: 'set_cache_settings',
        action_parameters: {
          cache: true,
          edge_ttl: { mode: 'override_origin', default: FILE_SECONDS },
        },
      },
      {
        ref: `${OURS}personal`,
        description: 'What Ghost alone answers: Admin, members, previews, counted clicks',
        expression: `(${ofSite} and (${isPersonal}))`,
        action: 'set_cache_settings',
        action_parameters: { cache: false },
      },
    ],
    http_response_cache_settings: [
      {
        ref: `${OURS}pages_age`,
        description: 'Public pages of Ghost are kept until they are purged, five minutes at most',
        expression: `(${ofSite} and any(http.response.headers["cache-control"][*] contains "public") and any(http.response.headers["cache-control"][*] contains "max-age=0"))`,
        action: 'set_cache_control',
        action_parameters: {
          's-maxage': { operation: 'set', value: PAGE_SECONDS, cloudflare_only: true },
        },
      },
    ],
  };
}

/** Ours first, in their order, then those of others, which so win over ours; nothing of theirs is lost. */
export function merged(ours: readonly Rule[], there: readonly Rule[]): Rule[] {
  return [...ours, ...there.filter(({ ref }) => !ref?.startsWith(OURS))];
}

/** Whether rules that are there are those that are wanted; Cloudflare adds ids, versions and times to each. */
export function areSame(wanted: readonly Rule[], there: readonly Rule[]): boolean {
  const said = (rules: readonly Rule[]) =>
    JSON.stringify(
      rules.map(({ ref, expression, action, action_parameters: given, enabled = true }) => [
        ref,
        expression,
        action,
        sorted(given),
        enabled,
      ]),
    );
  return said(wanted) === said(there);
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).toSorted(([one], [other]) => one.localeCompare(other));
  return entries.map(([key, inner]) => [key, sorted(inner)]);
}
