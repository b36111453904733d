import { type ClockDoubt, type Finding, fail, failureCodeOf, ok } from '@prosora/service';
import type { Endpoint, StripeAccount } from '../account/stripe.ts';
import type { Ghost } from '../deliver/ghost.ts';
import type { GhostAdmin } from '../deliver/ghost-admin.ts';
import { type GhostAnswer, rowFor } from '../deliver/ghost-answers.ts';
import { STAFF_MAIL } from '../deliver/ghost-writes.ts';
import { probeOf } from '../deliver/probe.ts';
import { CLOCK_REMEDY, clockSentence } from '../inbox/clock.ts';
import { GHOST_EVENTS, type LivemodePolicy } from '../inbox/ghost-events.ts';
import type { Inbox } from '../inbox/inbox.ts';
import { GHOST_API_VERSION } from '../webhook/legacy-event.ts';
import { sign } from '../webhook/signature.ts';

/** What the doctor looks at. */
export interface DoctorOptions {
  ghost: Ghost;
  ghostUrl: string;
  /** Opens the inbox for a look at its disk. */
  openInbox: () => Promise<Pick<Inbox, 'check' | 'list'> & AsyncDisposable>;
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

/** Looks at everything the service needs, one finding or more each, as soon as each is known. */
export async function* examine(options: DoctorOptions): AsyncGenerator<Finding> {
  const { ghost, ghostUrl, admin, account, publicUrl } = options;
  yield* examineInbox(options);
  yield examineAnswer(await ghost.post(probeOf()), ghostUrl);
  if (admin !== undefined) yield examineAdmin(await admin.problem());
  if (account !== undefined) yield* await examineAccount(account, publicUrl);
  if (publicUrl !== undefined) yield* await examinePath(publicUrl, options);
}

const INBOX = 'inbox';

async function* examineInbox({ openInbox, doubtOfClock }: DoctorOptions): AsyncGenerator<Finding> {
  try {
    await using inbox = await openInbox();
    await inbox.check();
    yield ok(INBOX, 'It can be written.');
    const doubt = await doubtOfClock();
    if (doubt !== undefined) yield fail(CLOCK, clockSentence(doubt), CLOCK_REMEDY);
    yield* await examineDoubts(inbox);
  } catch (error) {
    const { message, help } = error as Error & { help?: string };
    yield fail(INBOX, `It cannot be written: ${message}`, help);
  }
}

/** Payments that wait for a person, with what Ghost answered. */
async function examineDoubts(inbox: Pick<Inbox, 'list'>): Promise<Finding[]> {
  const { items: doubts } = await inbox.list({ states: ['ambiguous'] }, { limit: DOUBTS_READ });
  const reasons = Map.groupBy(doubts, ({ reason }) => reason ?? '');
  return [...reasons].map(([reason, events]) =>
    doubtFinding(
      reason,
      events.map(({ id }) => id),
    ),
  );
}

const DOUBTS_READ = 500;
const DOUBTS_NAMED = 3;

function doubtFinding(reason: string, ids: readonly string[]): Finding {
  const many = ids.length >= DOUBTS_READ ? `${ids.length} or more` : String(ids.length);
  const payments = ids.length === 1 ? 'payment is' : 'payments are';
  const named = ids.slice(0, DOUBTS_NAMED).join(', ');
  const more = ids.length > DOUBTS_NAMED ? ' and others' : '';
  const mail = reason.includes(STAFF_MAIL)
    ? " Ghost's log says why its mail fails, and so does the doctor of the mail bridge: mend that, or the next one is held too."
    : '';
  return fail(
    'payments in doubt',
    `${many} ${payments} held, since nobody can tell whether Ghost has counted it (${reason}): ${named}${more}.`,
    `Look in Ghost Admin: \`skip\` it where it is there, \`replay\` it where it is not.${mail}`,
  );
}

const GHOST = 'Ghost';

function examineAnswer(answer: GhostAnswer, url: string): Finding {
  if (answer.kind !== 'status') {
    return fail(
      GHOST,
      `${url} does not answer (${answer.reason}).`,
      'Start Ghost, or correct PROSORA_STRIPE_GHOST_URL.',
    );
  }
  const { verdict, means } = rowFor(answer.status);
  if (verdict === 'done') return ok(GHOST, `It takes at ${url} what the inbox signs.`);
  return fail(GHOST, `${url} answers ${answer.status}: ${means}.`);
}

function examineAdmin(problem: string | undefined): Finding {
  const name = "Ghost's Admin API";
  if (problem === undefined) return ok(name, 'It takes the key.');
  return fail(name, `${problem}.`, 'Check GHOST_ADMIN_API_KEY.');
}

const ENDPOINT = 'endpoint at Stripe';

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
      return [fail(ENDPOINT, 'Stripe has none for the inbox.', 'Run `prosora-stripe takeover`.')];
    }
    const findings = ours.flatMap(examineEndpoint);
    if (ours.length > 1) {
      const ids = ours.map(({ id }) => id).join(', ');
      findings.push(
        fail(
          ENDPOINT,
          `Each event comes ${ours.length} times, by ${ids}.`,
          'End the change with `takeover --finish` or `rotate stripe --finish`.',
        ),
      );
    }
    if (findings.length > 0) return findings;
    return [ok(ENDPOINT, `Stripe sends by ${ours[0]?.id} what Ghost reads.`)];
  } catch (error) {
    const { message, help } = error as Error & { help?: string };
    return [fail(ENDPOINT, message, help)];
  }
}

function examineEndpoint({ id, apiVersion, types, isEnabled }: Endpoint): Finding[] {
  const lacks = Object.keys(GHOST_EVENTS).filter(
    (type) => !types.includes(type) && !types.includes('*'),
  );
  const findings: Finding[] = [];
  if (!isEnabled) {
    findings.push(fail(ENDPOINT, `${id} is disabled.`, "Enable it in Stripe's dashboard."));
  }
  if (apiVersion !== GHOST_API_VERSION) {
    const sentence = `${id} sends version ${apiVersion}, which Ghost misreads.`;
    findings.push(fail(ENDPOINT, sentence, 'Make one with `prosora-stripe takeover`.'));
  }
  if (lacks.length > 0) {
    const sentence = `${id} does not send ${lacks.join(', ')}.`;
    findings.push(fail(ENDPOINT, sentence, "Add them in Stripe's dashboard."));
  }
  return findings;
}

function sameAddress(one: string, other: string): boolean {
  return one.replace(/\/$/, '') === other.replace(/\/$/, '');
}

const PATH = 'way from outside';

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
    const skew = skewOf(response);
    return [
      isOurs ? ok(PATH, `${url} leads to the inbox.`) : elsewhere(url, response.status),
      ...(skew ? [skew] : []),
    ];
  } catch (error) {
    return [fail(PATH, `${url} is not reached from here: ${failureCodeOf(error)}.`)];
  }
}

function elsewhere(url: string, status: number): Finding {
  return status === 200
    ? fail(
        PATH,
        `${url} answers 200, but not as the inbox does.`,
        'The edge still sends this path to Ghost.',
      )
    : fail(
        PATH,
        `${url} answers ${status}.`,
        'Look at the edge, and whether `serve` runs with these secrets.',
      );
}

const CLOCK = 'clock';

/** Signatures hold for five minutes; the other end's clock is a look at ours from outside. */
function skewOf(response: Response): Finding | undefined {
  const there = Date.parse(response.headers.get('date') ?? '');
  if (Number.isNaN(there)) return undefined;
  const seconds = Math.round((Date.now() - there) / 1_000);
  if (Math.abs(seconds) <= 60) return ok(CLOCK, 'It agrees with the one at the other end.');
  return fail(CLOCK, `It is ${seconds} s off, and signatures hold for 300 s.`, 'Set it right.');
}
