import type { CloudflareAnswer } from '../cloudflare/api.ts';
import type { SiteAddresses } from '../purge/urls.ts';
import { areSame, merged, PHASES, type Rule, rulesFor } from './rules.ts';
import type { ZoneState } from './zone-state.ts';

/** One thing that a zone is set to for Ghost. */
export interface Step {
  name: string;
  /** Whether it is so already. */
  isDone: boolean;
  /** What is there now, and what will be, as lines for a person. */
  now: readonly string[];
  wanted: readonly string[];
  apply(): Promise<CloudflareAnswer>;
}

/** Settings that Ghost needs, and why. */
export const SETTINGS = [
  {
    name: 'ssl',
    value: 'strict',
    why: 'the way from Cloudflare to this server is encrypted and checked',
  },
  { name: 'rocket_loader', value: 'off', why: 'it breaks Portal, comments and Admin' },
  {
    name: 'email_obfuscation',
    value: 'off',
    why: 'it changes pages, so that none has the ETag of Ghost',
  },
  { name: 'http3', value: 'on', why: 'readers on the move connect faster' },
] as const;

/** What `setup` is told. */
export interface SetupOptions extends SiteAddresses {
  /** Whether Cloudflare is to show this server a certificate of its own, which the server has to ask for. */
  originPulls: boolean;
}

/**
 * What has to be done to a zone, and what is already. Nothing is changed until a step is applied.
 *
 * @throws ProsoraError `CLOUDFLARE` when the zone cannot be read
 */
export async function planSetup(zone: ZoneState, options: SetupOptions): Promise<Step[]> {
  const steps: Step[] = [];
  const wanted = rulesFor(options);
  for (const phase of PHASES) {
    const there = await zone.rules(phase);
    const rules = merged(wanted[phase], there);
    steps.push({
      name: phase,
      isDone: areSame(rules, there),
      now: there.map(lineOf),
      wanted: rules.map(lineOf),
      apply: () => zone.replaceRules(phase, rules),
    });
  }
  for (const { name, value, why } of SETTINGS) {
    const now = await zone.setting(name);
    steps.push({
      name,
      isDone: now === value,
      now: [String(now)],
      wanted: [`${value}: ${why}`],
      apply: () => zone.set(name, value),
    });
  }
  if (options.originPulls) {
    const isOn = await zone.pullsAreSigned();
    steps.push({
      name: 'origin_tls_client_auth',
      isDone: isOn,
      now: [isOn ? 'on' : 'off'],
      wanted: ['on: this server may refuse whoever shows no certificate of Cloudflare'],
      apply: zone.signPulls,
    });
  }
  return steps;
}

function lineOf({ ref, description, expression, action, enabled = true }: Rule): string {
  const name = description || ref || action;
  return `${name}${enabled ? '' : ' (off)'}: ${action} if ${expression}`;
}
