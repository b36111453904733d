import { accessSync, constants, statfsSync } from 'node:fs';
import type { ProsoraError } from '@prosora/service/errors';
import { Resend } from 'resend';
import type { Site } from '../accept/authenticate.ts';
import { describeLastAttempt } from '../report/last-attempt.ts';
import { ownWebhooks, WEBHOOK_PATH } from '../report/own-webhooks.ts';
import { createWebhookSecrets } from '../report/webhook-secrets.ts';
import { webhookSilenceMs } from '../report/webhook-silence.ts';
import { type MailPlace, openMailStore } from '../store/store.ts';
import { checkJump, checkSkew } from './clock.ts';
import { checkClickTracking, checkDomain, checkOpenTracking } from './domains.ts';
import type { Finding } from './finding.ts';
import { checkGhost, type GhostMailConfig } from './ghost.ts';
import { checkImports, checkNewsletters, checkRoutes } from './mail.ts';
import { checkSignIn } from './sign-in.ts';

/** What the doctor looks at. */
export interface DoctorOptions {
  resendApiKey: string;
  resendBaseUrl: string;
  webhookSecrets: readonly string[];
  place: MailPlace;
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
export async function examine(options: DoctorOptions): Promise<Finding[]> {
  const { sites, pixel, now = Date.now } = options;
  const resend = new Resend(options.resendApiKey, { baseUrl: options.resendBaseUrl });
  const domains = await resend.domains.list();
  const findings = [checkFolder(options.place), checkKey(domains)];
  if (domains.headers) findings.push(checkClock(domains.headers, now()));
  findings.push(...(await checkStore(options, resend, now)));
  if (options.publicUrl !== undefined) findings.push(await checkPublic(options.publicUrl));
  if (options.ghost) {
    findings.push(
      await checkGhost(options.ghost, sites),
      await checkSignIn(options.ghost, sites, options.smtpPort),
    );
  }
  if (domains.error !== null) return findings;
  const listed = domains.data.data;
  for (const name of new Set(
    sites.flatMap(({ domains, senders = [] }) => [...domains, ...senders]),
  )) {
    findings.push(checkDomain(name, listed));
  }
  for (const { id } of listed) {
    const { data } = await resend.domains.get(id);
    if (data) findings.push(checkClickTracking(data), checkOpenTracking(data, pixel === 'on'));
  }
  const webhooks = await resend.webhooks.list();
  if (webhooks.error === null) {
    findings.push(checkWebhook(webhooks.data.data, options.publicUrl));
  }
  return findings;
}

function checkFolder(place: MailPlace): Finding {
  if (!('dataDir' in place)) {
    return { what: 'data', ok: true, sentence: 'It is in the database that bridges share.' };
  }
  const { dataDir } = place;
  const what = 'data folder';
  try {
    accessSync(dataDir, constants.W_OK);
    const { bavail, bsize } = statfsSync(dataDir);
    const free = bavail * bsize;
    if (free > LOW_DISK_BYTES) return { what, ok: true, sentence: `${dataDir} can be written.` };
    const sentence = `${dataDir} has ${Math.floor(free / 1024 ** 2)} MB left: free some, or Ghost is refused when it is full.`;
    return { what, ok: false, sentence };
  } catch {
    const sentence = `${dataDir} cannot be written: set PROSORA_MAIL_DATA_DIR to a folder that can.`;
    return { what, ok: false, sentence };
  }
}

async function checkStore(
  { place, webhookSecrets, publicUrl }: DoctorOptions,
  resend: Resend,
  now: () => number,
): Promise<Finding[]> {
  try {
    const opened = await openMailStore(place);
    const { store } = opened;
    await using _closing = store;
    const secrets = await createWebhookSecrets(store, webhookSecrets, now)();
    const silentMs = await webhookSilenceMs(store, now());
    const attempt = silentMs === 0 ? undefined : await describeLastAttempt({ resend, publicUrl });
    return [
      { what: 'store', ok: true, sentence: 'It opens, and its tables are of this version.' },
      secrets.length > 0
        ? { what: 'webhook secret', ok: true, sentence: 'It is known.' }
        : {
            what: 'webhook secret',
            ok: false,
            sentence: 'None is known, so every webhook is refused: run "prosora-mail setup".',
          },
      silentMs === 0
        ? { what: 'reports', ok: true, sentence: 'None of Resend is overdue.' }
        : {
            what: 'reports',
            ok: false,
            sentence: `Resend has not reported for ${Math.round(silentMs / 60_000)} minutes though mails are out.${attempt === undefined ? '' : ` ${attempt}`} Look at the webhook at https://resend.com/webhooks.`,
          },
      checkJump(opened),
      await checkSkew(opened),
      await checkRoutes(opened),
      await checkImports(opened),
      await checkNewsletters(opened),
    ];
  } catch (error) {
    const { message, help = '' } = error as ProsoraError;
    return [{ what: 'store', ok: false, sentence: `It does not open: ${message} ${help}`.trim() }];
  }
}

function checkKey({ error }: Answer): Finding {
  const what = 'Resend key';
  if (error === null) return { what, ok: true, sentence: 'It has full access.' };
  if (error.name === 'restricted_api_key') {
    const sentence =
      'It may only send: domains and webhooks cannot be looked at, silent mails not be asked after, and members enabled again stay on the suppression list of Resend.';
    return { what, ok: true, sentence };
  }
  return { what, ok: false, sentence: `Resend says: ${error.message}. Check RESEND_API_KEY.` };
}

function checkClock(headers: Record<string, string>, now: number): Finding {
  const what = 'clock';
  const skewMs = Math.abs(now - Date.parse(headers['date'] ?? ''));
  const isOff = skewMs > MAX_SKEW_MS;
  if (!isOff) return { what, ok: true, sentence: 'It agrees with that of Resend.' };
  const sentence = `It differs from that of Resend by ${Math.round(skewMs / 1000)} s: set it, or webhooks are refused.`;
  return { what, ok: false, sentence };
}

/** Knocks as Resend would, with no signature: the bridge has a sentence for that. */
async function checkPublic(publicUrl: string): Promise<Finding> {
  const what = 'public address';
  const url = publicUrl + WEBHOOK_PATH;
  const answer = await fetch(url, { method: 'POST', signal: AbortSignal.timeout(10_000) })
    .then(async (response) => ({ status: response.status, text: await response.text() }))
    .catch(() => undefined);
  if (answer?.text.includes('svix-signature')) {
    return { what, ok: true, sentence: `The bridge answers at ${url}.` };
  }
  const seen =
    answer === undefined ? 'Nothing answers' : `Not the bridge answers (${answer.status})`;
  const sentence = `${seen} at ${url}: start the bridge, and have your proxy hand that path to it.`;
  return { what, ok: false, sentence };
}

function checkWebhook(
  webhooks: readonly { endpoint: string; status: string }[],
  publicUrl: string | undefined,
): Finding {
  const what = 'webhook';
  const own = ownWebhooks(webhooks, publicUrl);
  if (own.some(({ status }) => status === 'enabled')) {
    return { what, ok: true, sentence: `Resend reports to ${own[0]?.endpoint}.` };
  }
  const sentence =
    own.length === 0
      ? `No webhook at Resend ends in ${WEBHOOK_PATH}: run "prosora-mail setup", or Ghost shows no deliveries and opens.`
      : 'Resend has switched the webhook off: switch it on again at https://resend.com/webhooks.';
  return { what, ok: false, sentence };
}
