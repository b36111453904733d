import { accessSync, constants, statfsSync } from 'node:fs';
import { type Finding, fail, ok, type ProsoraError, warn } from '@prosora/service';
import { Resend } from 'resend';
import type { Site } from '../accept/authenticate.ts';
import { describeLastAttempt } from '../report/last-attempt.ts';
import { ownWebhooks, WEBHOOK_PATH } from '../report/own-webhooks.ts';
import { createWebhookSecrets } from '../report/webhook-secrets.ts';
import { webhookSilenceMs } from '../report/webhook-silence.ts';
import { type MailPlace, type OpenedMailStore, openMailStore } from '../store/store.ts';
import { checkJump, checkSkew } from './clock.ts';
import { checkClickTracking, checkDomain, checkOpenTracking } from './domains.ts';
import { checkGhost, type GhostMailConfig } from './ghost.ts';
import { checkImports, checkNewsletters, checkRoutes } from './mail.ts';
import { checkSignIn } from './sign-in.ts';

/** What the doctor looks at. */
export interface DoctorOptions {
  resendApiKey: string;
  resendBaseUrl: string;
  webhookSecrets: readonly string[];
  place: MailPlace;
  /** The store of a bridge that runs in this process. (Default: it is opened) */
  opened?: OpenedMailStore;
  sites: readonly Site[];
  publicUrl: string | undefined;
  pixel: 'on' | 'off';
  smtpPort: number | undefined;
  /** Where Ghost sends, for a look at whether it reaches the bridge. */
  ghost?: GhostMailConfig | undefined;
  /** Ms since 1970. (Default: `Date.now`) */
  now?: () => number;
}

/** Resend refuses nothing over this, but its webhooks are only taken within five minutes. */
const MAX_SKEW_MS = 60_000;
const LOW_DISK_BYTES = 1024 ** 3;

type Answer = {
  error: { name: string; message: string } | null;
  headers: Record<string, string> | null;
};

/** Looks at everything that keeps mail from going out or its events from coming in. */
export async function* examine(options: DoctorOptions): AsyncGenerator<Finding> {
  const { sites, pixel, now = Date.now } = options;
  const resend = new Resend(options.resendApiKey, { baseUrl: options.resendBaseUrl });
  const domains = await resend.domains.list();
  yield checkFolder(options.place);
  yield checkKey(domains);
  if (domains.headers) yield checkClock(domains.headers, now());
  yield* await checkStore(options, resend, now);
  if (options.publicUrl !== undefined) yield await checkPublic(options.publicUrl);
  if (options.ghost) {
    yield await checkGhost(options.ghost, sites);
    yield await checkSignIn(options.ghost, sites, options.smtpPort);
  }
  if (domains.error !== null) return;
  const listed = domains.data.data;
  for (const name of new Set(
    sites.flatMap(({ domains, senders = [] }) => [...domains, ...senders]),
  )) {
    yield checkDomain(name, listed);
  }
  for (const { id } of listed) {
    const { data } = await resend.domains.get(id);
    if (data === null) continue;
    yield checkClickTracking(data);
    yield checkOpenTracking(data, pixel === 'on');
  }
  const webhooks = await resend.webhooks.list();
  if (webhooks.error === null) yield checkWebhook(webhooks.data.data, options.publicUrl);
}

function checkFolder(place: MailPlace): Finding {
  if (!('dataDir' in place)) {
    return ok('data', 'It is in the database that bridges share.');
  }
  const { dataDir } = place;
  const name = 'data folder';
  try {
    accessSync(dataDir, constants.W_OK);
    const { bavail, bsize } = statfsSync(dataDir);
    const free = bavail * bsize;
    if (free > LOW_DISK_BYTES) return ok(name, `${dataDir} can be written.`);
    const sentence = `${dataDir} has ${Math.floor(free / 1024 ** 2)} MB left.`;
    return fail(name, sentence, 'Free some, or Ghost is refused when it is full.');
  } catch {
    const remedy = 'Set PROSORA_MAIL_DATA_DIR to a folder that can.';
    return fail(name, `${dataDir} cannot be written.`, remedy);
  }
}

async function checkStore(
  { place, opened: own, webhookSecrets, publicUrl }: DoctorOptions,
  resend: Resend,
  now: () => number,
): Promise<Finding[]> {
  await using cleanup = new AsyncDisposableStack();
  try {
    const opened = own ?? (await openMailStore(place));
    const { store } = opened;
    if (own === undefined) cleanup.use(store);
    const secrets = await createWebhookSecrets(store, webhookSecrets, now)();
    const silentMs = await webhookSilenceMs(store, now());
    const attempt = silentMs === 0 ? undefined : await describeLastAttempt({ resend, publicUrl });
    return [
      ok('store', 'It opens, and its tables are of this version.'),
      secrets.length > 0
        ? ok('webhook secret', 'It is known.')
        : fail(
            'webhook secret',
            'None is known, so every webhook is refused.',
            'Run "prosora-mail setup".',
          ),
      silentMs === 0
        ? ok('reports', 'None of Resend is overdue.')
        : fail(
            'reports',
            `Resend has not reported for ${Math.round(silentMs / 60_000)} minutes though mails are out.${attempt === undefined ? '' : ` ${attempt}`}`,
            'Look at the webhook at https://resend.com/webhooks.',
          ),
      checkJump(opened),
      await checkSkew(opened),
      await checkRoutes(opened),
      await checkImports(opened),
      await checkNewsletters(opened),
    ];
  } catch (error) {
    const { message, help } = error as ProsoraError;
    return [fail('store', `It does not open: ${message}`, help)];
  }
}

function checkKey({ error }: Answer): Finding {
  const name = 'Resend key';
  if (error === null) return ok(name, 'It has full access.');
  if (error.name === 'restricted_api_key') {
    const sentence =
      'It may only send. Domains and webhooks cannot be looked at, the bridge cannot ask after silent mails, and members enabled again stay on the suppression list of Resend.';
    return warn(name, sentence);
  }
  return fail(name, `Resend says: ${error.message}.`, 'Check RESEND_API_KEY.');
}

function checkClock(headers: Record<string, string>, now: number): Finding {
  const name = 'clock';
  const skewMs = Math.abs(now - Date.parse(headers['date'] ?? ''));
  const isOff = skewMs > MAX_SKEW_MS;
  if (!isOff) return ok(name, 'It agrees with that of Resend.');
  const sentence = `It differs from that of Resend by ${Math.round(skewMs / 1000)} s.`;
  return fail(name, sentence, 'Set it, or webhooks are refused.');
}

/** Knocks as Resend would, with no signature: the bridge has a sentence for that. */
async function checkPublic(publicUrl: string): Promise<Finding> {
  const name = 'public address';
  const url = publicUrl + WEBHOOK_PATH;
  const answer = await fetch(url, { method: 'POST', signal: AbortSignal.timeout(10_000) })
    .then(async (response) => ({ status: response.status, text: await response.text() }))
    .catch(() => undefined);
  if (answer?.text.includes('svix-signature')) {
    return ok(name, `The bridge answers at ${url}.`);
  }
  const seen =
    answer === undefined ? 'Nothing answers' : `Something else answers (${answer.status})`;
  const remedy = 'Start the bridge, and have your proxy hand that path to it.';
  return fail(name, `${seen} at ${url}.`, remedy);
}

function checkWebhook(
  webhooks: readonly { endpoint: string; status: string }[],
  publicUrl: string | undefined,
): Finding {
  const name = 'webhook';
  const own = ownWebhooks(webhooks, publicUrl);
  if (own.some(({ status }) => status === 'enabled')) {
    return ok(name, `Resend reports to ${own[0]?.endpoint}.`);
  }
  return own.length === 0
    ? fail(
        name,
        `No webhook at Resend ends in ${WEBHOOK_PATH}, so Ghost shows no deliveries and opens.`,
        'Run "prosora-mail setup".',
      )
    : fail(
        name,
        'Resend has switched the webhook off.',
        'Switch it on again at https://resend.com/webhooks.',
      );
}
