import * as z from 'zod';
import type { Cloudflare, CloudflareAnswer } from '../cloudflare/api.ts';
import { type Phase, type Rule, ruleSchema } from './rules.ts';

/** Zone settings by the names that they have in the API: https://developers.cloudflare.com/api/resources/zones/subresources/settings/ */
const settingSchema = z.object({ id: z.string(), value: z.unknown() });
const rulesetSchema = z.object({ rules: z.array(ruleSchema).default([]) });
const recordSchema = z.object({
  type: z.string(),
  name: z.string(),
  content: z.string(),
  proxied: z.boolean().default(false),
});
const addressesSchema = z.object({
  ipv4_cidrs: z.array(z.string()),
  ipv6_cidrs: z.array(z.string()),
});

/** A DNS record of a zone. */
type DnsRecord = z.output<typeof recordSchema>;

/** Reads and writes what a zone is set to. Reading throws ProsoraError `CLOUDFLARE`. */
export interface ZoneState {
  setting(name: string): Promise<unknown>;
  set(name: string, value: unknown): Promise<CloudflareAnswer>;
  rules(phase: Phase): Promise<Rule[]>;
  /** Replaces all rules of a phase, those of others included. */
  replaceRules(phase: Phase, rules: readonly Rule[]): Promise<CloudflareAnswer>;
  records(host: string): Promise<DnsRecord[]>;
  /** Whether Cloudflare shows the origin a certificate of its own. */
  pullsAreSigned(): Promise<boolean>;
  signPulls(): Promise<CloudflareAnswer>;
  /** The networks that Cloudflare connects from. */
  addresses(): Promise<string[]>;
}

/** Creates it for one zone. */
export function createZoneState(cloudflare: Cloudflare, zoneId: string): ZoneState {
  const zone = `/zones/${zoneId}`;
  const entrypoint = (phase: Phase) => `${zone}/rulesets/phases/${phase}/entrypoint`;
  return {
    setting: async (name) =>
      (await cloudflare.get(`${zone}/settings/${name}`, settingSchema)).value,
    set: (name, value) => cloudflare.ask('PATCH', `${zone}/settings/${name}`, { value }),
    // A phase without rules has no ruleset.
    rules: async (phase) =>
      (await cloudflare.get(entrypoint(phase), rulesetSchema, { rules: [] })).rules,
    replaceRules: (phase, rules) =>
      cloudflare.ask('PUT', entrypoint(phase), { rules: rules.map(withoutTheirs) }),
    records: (host) =>
      cloudflare.get(`${zone}/dns_records?name=${encodeURIComponent(host)}`, z.array(recordSchema)),
    async pullsAreSigned() {
      const schema = z.object({ enabled: z.boolean() });
      return (await cloudflare.get(`${zone}/origin_tls_client_auth/settings`, schema)).enabled;
    },
    signPulls: () =>
      cloudflare.ask('PUT', `${zone}/origin_tls_client_auth/settings`, { enabled: true }),
    async addresses() {
      const { ipv4_cidrs, ipv6_cidrs } = await cloudflare.get('/ips', addressesSchema);
      return [...ipv4_cidrs, ...ipv6_cidrs];
    },
  };
}

/** What Cloudflare writes into a rule by itself, and does not take back. */
function withoutTheirs({ version: _, last_updated: __, ...rule }: Rule): object {
  return rule;
}
