import { accessSync, constants, mkdirSync } from 'node:fs';
import { Resend } from 'resend';

/** One thing that was looked at. */
export interface Finding {
  what: string;
  ok: boolean;
  /** What is so, and when it is not well, what to do. */
  sentence: string;
}

/** What the doctor looks at. */
export interface DoctorOptions {
  resendApiKey: string;
  resendBaseUrl: string;
  dataDir: string;
  /** The domains Ghost sends for. */
  domains: readonly string[];
  /** Ms since 1970. (Default: `Date.now`) */
  now?: () => number;
}

/** Resend refuses nothing over this, but its webhooks are only taken within five minutes. */
const MAX_SKEW_MS = 60_000;

type Answer = {
  error: { name: string; message: string } | null;
  headers: Record<string, string> | null;
};

/** Looks at everything that keeps mail from going out or its events from coming in. */
export async function examine(options: DoctorOptions): Promise<Finding[]> {
  const resend = new Resend(options.resendApiKey, { baseUrl: options.resendBaseUrl });
  const domains = await resend.domains.list();
  const findings = [checkFolder(options.dataDir), checkKey(domains)];
  if (domains.headers) findings.push(checkClock(domains.headers, (options.now ?? Date.now)()));
  if (domains.error !== null) return findings;
  const listed = domains.data.data;
  for (const name of options.domains) findings.push(checkDomain(name, listed));
  const webhooks = await resend.webhooks.list();
  if (webhooks.error === null) findings.push(checkWebhook(webhooks.data.data));
  return findings;
}

function checkFolder(dataDir: string): Finding {
  const what = 'data folder';
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    accessSync(dataDir, constants.W_OK);
    return { what, ok: true, sentence: `${dataDir} can be written.` };
  } catch {
    const sentence = `${dataDir} cannot be written: set PROSORA_MAIL_DATA_DIR to a folder that can.`;
    return { what, ok: false, sentence };
  }
}

function checkKey({ error }: Answer): Finding {
  const what = 'Resend key';
  if (error === null) return { what, ok: true, sentence: 'It has full access.' };
  if (error.name === 'restricted_api_key') {
    const sentence =
      'It may only send: domains and webhooks cannot be looked at, and members enabled again stay on the suppression list of Resend.';
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

function checkDomain(name: string, listed: readonly { name: string; status: string }[]): Finding {
  const what = `domain ${name}`;
  // Ghost's Mailgun domain only names the site; mail is sent from the newsletter's own address.
  const isRelated = (other: string) =>
    other === name || other.endsWith(`.${name}`) || name.endsWith(`.${other}`);
  const domain = listed.find((item) => isRelated(item.name));
  if (domain?.status === 'verified') return { what, ok: true, sentence: 'Resend has verified it.' };
  const sentence =
    domain === undefined
      ? 'Resend does not have it: add it at https://resend.com/domains, unless mail is sent from another one.'
      : `At Resend it is "${domain.status}": finish its records at https://resend.com/domains.`;
  return { what, ok: false, sentence };
}

function checkWebhook(webhooks: readonly { endpoint: string; status: string }[]): Finding {
  const what = 'webhook';
  const own = webhooks.filter(({ endpoint }) => endpoint.endsWith('/webhooks/resend'));
  if (own.some(({ status }) => status === 'enabled')) {
    return { what, ok: true, sentence: 'Resend reports to /webhooks/resend.' };
  }
  const sentence =
    own.length === 0
      ? 'No webhook at Resend ends in /webhooks/resend: add one, or Ghost shows no deliveries and opens.'
      : 'Resend has switched the webhook off: switch it on again at https://resend.com/webhooks.';
  return { what, ok: false, sentence };
}
