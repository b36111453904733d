import { request } from 'node:https';
import { type Finding, fail, judge, ok, type ProsoraError, warn } from '@prosora/service';
import type { Changes } from '../changes/changes.ts';
import type { Cloudflare } from '../cloudflare/api.ts';
import type { Zone } from '../cloudflare/zone.ts';
import { hostsOf, type SiteAddresses } from '../purge/urls.ts';
import { areSame, merged, PHASES, rulesFor } from './rules.ts';
import { SETTINGS } from './setup.ts';
import { createZoneState, type ZoneState } from './zone-state.ts';

/** What the doctor looks at. */
export interface ExamineOptions extends SiteAddresses {
  cloudflare: Cloudflare;
  zone: () => Promise<Zone>;
  changes: Pick<Changes, 'check' | 'pending'>;
  /** Public address of this server. */
  origin?: string | undefined;
  /** Networks whose headers the site believes. */
  believed?: string | undefined;
}

const REMEDY = '`prosora-cdn setup` sets it; with --dry-run it only says what it would do.';
/** A change is purged within 15 s where all is well. */
const LATE_MS = 60_000;
const ORIGIN_TIMEOUT_MS = 5_000;

/** Looks at everything between Ghost and readers, one finding or more each, as soon as each is known. */
export async function* examine(options: ExamineOptions): AsyncGenerator<Finding> {
  yield* looking('store', examineStore(options));
  let zone: Zone;
  try {
    zone = await options.zone();
  } catch (error) {
    const { message, help } = error as ProsoraError;
    yield fail('zone', message, help);
    return;
  }
  yield judge('zone', zone.status === 'active', {
    ok: `The token reads ${zone.name}, on the plan ${zone.plan?.legacy_id ?? 'free'}.`,
    fail: `${zone.name} is ${zone.status}: Cloudflare does not stand in front of the site.`,
    remedy: "Let the domain's registrar name Cloudflare's name servers.",
  });
  const state = createZoneState(options.cloudflare, zone.id);
  yield* looking('rules', examineRules(state, options));
  for (const setting of SETTINGS) yield* looking(setting.name, examineSetting(state, setting));
  yield* looking('records', examineRecords(state, hostsOf(options)));
  yield* looking('networks', examineNetworks(state, options.believed));
  yield* looking('origin', examineOrigin(options));
}

/** What cannot be looked at is a finding, too, and no reason not to look at the rest. */
async function* looking(name: string, findings: AsyncIterable<Finding>): AsyncGenerator<Finding> {
  try {
    yield* findings;
  } catch (error) {
    const { message, help } = error as ProsoraError;
    yield fail(name, `It cannot be looked at: ${message}`, help);
  }
}

async function* examineStore({ changes }: ExamineOptions): AsyncGenerator<Finding> {
  await changes.check();
  const pending = await changes.pending();
  const waitsMs = pending === undefined ? 0 : Date.now() - pending.oldestAt;
  yield judge('store', waitsMs < LATE_MS, {
    ok: 'It can be written, and nothing waits for long.',
    fail: `A change waits to be purged for ${Math.round(waitsMs / 60_000)} minutes.`,
    remedy: '`prosora-cdn status` says why.',
  });
}

async function* examineRules(state: ZoneState, site: SiteAddresses): AsyncGenerator<Finding> {
  const wanted = rulesFor(site);
  for (const phase of PHASES) {
    const there = await state.rules(phase);
    yield judge('rules', areSame(merged(wanted[phase], there), there), {
      ok: `${phase} is as Ghost needs it.`,
      fail: `${phase} is not as Ghost needs it: pages are not kept, or those of one reader may be.`,
      remedy: REMEDY,
    });
  }
}

async function* examineSetting(
  state: ZoneState,
  { name, value, why }: (typeof SETTINGS)[number],
): AsyncGenerator<Finding> {
  const now = await state.setting(name);
  yield judge(name, now === value, {
    ok: `It is ${value}.`,
    warn: `It is ${now}, and ${value} is better: ${why}.`,
    remedy: REMEDY,
  });
}

async function* examineRecords(
  state: ZoneState,
  hosts: readonly string[],
): AsyncGenerator<Finding> {
  for (const host of hosts) {
    const records = await state.records(host);
    const pointing = records.filter(({ type }) => ['A', 'AAAA', 'CNAME'].includes(type));
    if (pointing.length === 0) {
      yield fail('records', `${host} has no record.`, 'Make the one that `prosora init` printed.');
    } else {
      yield judge(
        'records',
        pointing.every(({ proxied }) => proxied),
        {
          ok: `${host} goes by Cloudflare.`,
          fail: `${host} goes past Cloudflare: a record of it is for DNS only.`,
          remedy: 'Turn "Proxied" on for it.',
        },
      );
    }
  }
}

async function* examineNetworks(
  state: ZoneState,
  believed: string | undefined,
): AsyncGenerator<Finding> {
  if (believed === undefined) return;
  const here = new Set(believed.split(/\s+/).filter(Boolean));
  const theirs = await state.addresses();
  const missing = theirs.filter((network) => !here.has(network));
  yield judge('networks', missing.length === 0, {
    ok: "The site believes all of Cloudflare's networks.",
    fail: `Readers who come by ${missing.join(', ')} all look like one.`,
    remedy: 'Update the stack, whose Caddyfile names them; until then add them to CDN_ADDRESSES.',
  });
}

async function* examineOrigin({ origin, siteUrl }: ExamineOptions): AsyncGenerator<Finding> {
  if (origin === undefined) return;
  const status = await askOrigin(origin, new URL(siteUrl).hostname);
  yield status === undefined
    ? ok('origin', `${origin} answers nobody who does not come by Cloudflare.`)
    : status >= 400
      ? ok('origin', `${origin} refuses with ${status} whoever does not come by Cloudflare.`)
      : warn(
          'origin',
          `${origin} answers whoever knows it, past Cloudflare's protection.`,
          "Let the firewall take ports 80 and 443 from Cloudflare's networks alone, or ask for its certificate (`prosora-cdn setup --origin-pulls`).",
        );
}

/** The status of a request past Cloudflare, whatever certificate is shown; undefined when nobody answers. */
function askOrigin(address: string, servername: string): Promise<number | undefined> {
  const { promise, resolve } = Promise.withResolvers<number | undefined>();
  const [host = '', port = '443'] = address.split(/:(\d+)$/);
  const call = request({
    host,
    port,
    servername,
    headers: { host: servername },
    rejectUnauthorized: false,
    timeout: ORIGIN_TIMEOUT_MS,
  });
  call.on('response', (response) => {
    response.resume();
    resolve(response.statusCode);
  });
  call.on('timeout', () => call.destroy()).on('error', () => resolve(undefined));
  call.end();
  return promise;
}
