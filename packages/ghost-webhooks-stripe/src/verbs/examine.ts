import type { ClockDoubt } from '@prosora/service';
import type { StripeAccount } from '../account/stripe.ts';
import type { Ghost } from '../deliver/ghost.ts';
import type { GhostAdmin } from '../deliver/ghost-admin.ts';
import { type GhostAnswer, rowFor } from '../deliver/ghost-answers.ts';
import { STAFF_MAIL } from '../deliver/ghost-writes.ts';
import { probeOf } from '../deliver/probe.ts';
import { adviceOn } from '../inbox/clock.ts';
import { GHOST_EVENTS, type LivemodePolicy } from '../inbox/ghost-events.ts';
import type { Inbox } from '../inbox/inbox.ts';
import { GHOST_API_VERSION } from '../webhook/legacy-event.ts';
import { sign } from '../webhook/signature.ts';

/** One thing that was looked at. */
export interface Finding {
  ok: boolean;
  /** What was found, and what to do about it, as a sentence. */
  text: string;
}

/** What the doctor looks at. */
export interface DoctorOptions {
  ghost: Ghost;
  ghostUrl: string;
  /** Opens the inbox for a look at its disk. */
  openInbox: () => Promise<Inbox>;
  /** Looks at the machine's clock as `serve` does. */
  doubtOfClock: () => Promise<ClockDoubt | undefined>;
  admin?: GhostAdmin | undefined;
  /** (Default: Stripe is not asked) */
  account?: StripeAccount | undefined;
  /** Where Stripe reaches the inbox; with the secrets the whole path is tried from outside. */
  publicUrl?: string | undefined;
  stripeSecrets: readonly string[];
  /** Which events the site is for: the probe is one of these. */
  livemode: LivemodePolicy;
}

/** Looks at everything the service needs, one finding or more each. */
export async function examine(options: DoctorOptions): Promise<Finding[]> {
  const { ghost, ghostUrl, admin, account } = options;
  return [
    ...(await examineInbox(options)),
    examineAnswer(await ghost.post(probeOf()), ghostUrl),
    ...(admin ? [examineAdmin(await admin.problem())] : []),
    ...(account ? await examineAccount(account, options.publicUrl) : []),
    ...(options.publicUrl ? await examinePath(options.publicUrl, options) : []),
  ];
}

async function examineInbox({ openInbox, doubtOfClock }: DoctorOptions): Promise<Finding[]> {
  try {
    await using inbox = await openInbox();
    await inbox.check();
    const doubt = await doubtOfClock();
    return [
      { ok: true, text: 'The inbox can be written' },
      ...(doubt ? [{ ok: false, text: adviceOn(doubt) }] : []),
      ...(await examineDoubts(inbox)),
    ];
  } catch (error) {
    const { message, help = '' } = error as Error & { help?: string };
    return [{ ok: false, text: `The inbox cannot be written: ${message} ${help}`.trim() }];
  }
}

/** Payments that wait for a person, with what Ghost answered. */
async function examineDoubts(inbox: Pick<Inbox, 'list'>): Promise<Finding[]> {
  const doubts = await inbox.list({ states: ['ambiguous'], limit: DOUBTS_READ });
  if (doubts.length === 0) return [];
  const reasons = new Map<string, string[]>();
  for (const { id, reason } of doubts) {
    reasons.set(reason ?? '', [...(reasons.get(reason ?? '') ?? []), id]);
  }
  return [...reasons].map(([reason, ids]) => ({ ok: false, text: doubtText(reason, ids) }));
}

const DOUBTS_READ = 500;
const DOUBTS_NAMED = 3;

function doubtText(reason: string, ids: readonly string[]): string {
  const many = ids.length >= DOUBTS_READ ? `${ids.length} or more` : String(ids.length);
  const payments = ids.length === 1 ? 'payment is' : 'payments are';
  const named = ids.slice(0, DOUBTS_NAMED).join(', ');
  const more = ids.length > DOUBTS_NAMED ? ' and others' : '';
  const remedy = reason.includes(STAFF_MAIL)
    ? " Ghost's log says why its mail fails, and so does the doctor of the mail bridge: mend that, or the next one is held too."
    : '';
  return `${many} ${payments} held, since nobody can tell whether Ghost has counted it (${reason}): ${named}${more}. Look in Ghost Admin: \`skip\` it where it is there, \`replay\` it where it is not.${remedy}`;
}

function examineAnswer(answer: GhostAnswer, url: string): Finding {
  if (answer.kind !== 'status') {
    return { ok: false, text: `Ghost at ${url} does not answer (${answer.reason})` };
  }
  const { verdict, means } = rowFor(answer.status);
  if (verdict === 'done') return { ok: true, text: `Ghost at ${url} takes what we sign` };
  return { ok: false, text: `Ghost at ${url} answers ${answer.status}: ${means}` };
}

function examineAdmin(problem: string | undefined): Finding {
  if (problem === undefined) return { ok: true, text: "Ghost's Admin API takes the key" };
  return { ok: false, text: `${problem}: check GHOST_ADMIN_API_KEY` };
}

async function examineAccount(
  account: StripeAccount,
  publicUrl: string | undefined,
): Promise<Finding[]> {
  try {
    const all = await account.endpoints();
    const ours = all.filter(({ url }) =>
      publicUrl ? sameAddress(url, publicUrl) : /\/members\/webhooks\/stripe\/?$/.test(url),
    );
    if (ours.length === 0) {
      return [{ ok: false, text: 'Stripe has no endpoint for the inbox: run `takeover`' }];
    }
    const findings = ours.flatMap(({ id, apiVersion, types, isEnabled }) => {
      const lacks = Object.keys(GHOST_EVENTS).filter(
        (type) => !types.includes(type) && !types.includes('*'),
      );
      return [
        ...(isEnabled ? [] : [`${id} is disabled: enable it in the dashboard`]),
        ...(apiVersion === GHOST_API_VERSION
          ? []
          : [
              `${id} sends version ${apiVersion}, which Ghost misreads: make one with \`takeover\``,
            ]),
        ...(lacks.length > 0 ? [`${id} does not send ${lacks.join(', ')}`] : []),
      ];
    });
    if (ours.length > 1) {
      const ids = ours.map(({ id }) => id).join(', ');
      findings.push(
        `Each event comes ${ours.length} times, by ${ids}: finish the change with --finish`,
      );
    }
    if (findings.length > 0) return findings.map((text) => ({ ok: false, text }));
    return [{ ok: true, text: `Stripe sends by ${ours[0]?.id} what Ghost reads` }];
  } catch (error) {
    return [{ ok: false, text: `Stripe's API: ${(error as Error).message}` }];
  }
}

function sameAddress(one: string, other: string): boolean {
  return one.replace(/\/$/, '') === other.replace(/\/$/, '');
}

/** From outside, as Stripe comes: through DNS, TLS and the edge to the inbox. */
async function examinePath(
  url: string,
  { stripeSecrets, livemode }: DoctorOptions,
): Promise<Finding[]> {
  const secret = stripeSecrets.at(-1);
  if (secret === undefined) return [];
  const id = `evt_prosora_doctor_${Date.now()}`;
  const body = probeOf({ id, livemode: livemode === 'live' });
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json; charset=utf-8',
        'stripe-signature': sign(body, { secrets: [secret] }),
      },
      body: new Uint8Array(body),
      redirect: 'manual',
      signal: AbortSignal.timeout(20_000),
    });
    const text = await response.text();
    const isOurs = response.status === 200 && text === '{"received":true}';
    const findings: Finding[] = [
      isOurs
        ? { ok: true, text: `${url} leads to the inbox` }
        : { ok: false, text: `${url} answers ${response.status}${missingInbox(response.status)}` },
    ];
    const skew = skewOf(response);
    if (skew !== undefined) findings.push(skew);
    return findings;
  } catch (error) {
    return [{ ok: false, text: `${url} is not reached from here: ${(error as Error).message}` }];
  }
}

function missingInbox(status: number): string {
  return status === 200
    ? ', but not as the inbox does: the edge still sends this path to Ghost'
    : ': look at the edge, and whether `serve` runs with these secrets';
}

/** Signatures hold for five minutes; the other end's clock is a look at ours from outside. */
function skewOf(response: Response): Finding | undefined {
  const there = Date.parse(response.headers.get('date') ?? '');
  if (Number.isNaN(there)) return undefined;
  const seconds = Math.round((Date.now() - there) / 1_000);
  const ok = Math.abs(seconds) <= 60;
  return { ok, text: `Clock ${ok ? 'agrees' : `is ${seconds} s off: signatures hold for 300 s`}` };
}
