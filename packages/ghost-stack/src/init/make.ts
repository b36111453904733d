import { ProsoraError } from '@prosora/service';
import { compose } from '../stack/compose.ts';

/** What was made at Resend, or found. */
export interface MadeMail {
  domain: { status: string };
  secret: string;
  /** The same for a person, with the DNS records. */
  lines: string[];
}

/** A vendor to make something at. The key goes in by the standard input, so that no list of processes shows it. */
interface Making {
  site: string;
  key: string;
  /** Another address of the vendor than its own, as a container of the stack has it. */
  url?: string | undefined;
}

/**
 * Makes the sending domain and the webhook at Resend, by the bridge's own command in a container of its own.
 *
 * @throws ProsoraError with what the command says
 */
export async function makeMail(
  dir: string,
  mailDomain: string,
  { site, key, url = '' }: Making,
): Promise<MadeMail> {
  const env = [
    'RESEND_API_KEY_FILE=/dev/stdin',
    'RESEND_BASE_URL_FILE=',
    `RESEND_BASE_URL=${url}`,
    `PROSORA_MAIL_PUBLIC_URL=${site}`,
  ].flatMap((pair) => ['--env', pair]);
  const verb = ['prosora-mail', 'setup', '--domain', mailDomain, '--show-secret', '--json'];
  return await ask(dir, ['run', '--rm', '--no-deps', '-T', ...env, 'mail', ...verb], key);
}

/**
 * Makes the endpoint at Stripe, at the version that Ghost reads and with the events that it reads, by the inbox's own
 * command, which keeps the secret.
 *
 * @throws ProsoraError with what the command says
 */
export async function makePayments(
  dir: string,
  { site, key, url = '' }: Making,
): Promise<{ endpoint: string }> {
  const env = [
    'STRIPE_SECRET_KEY_FILE=/dev/stdin',
    `PROSORA_STRIPE_PUBLIC_URL=${site}/members/webhooks/stripe/`,
    `PROSORA_STRIPE_API_URL=${url}`,
  ].flatMap((pair) => ['--env', pair]);
  return await ask(
    dir,
    ['exec', '-T', ...env, 'webhooks', 'prosora-stripe', 'takeover', '--json'],
    key,
  );
}

/**
 * Sets the zone at Cloudflare as Ghost needs it, by the service's own command; rules of others stay.
 *
 * @throws ProsoraError with what the command says
 */
export async function makeZone(dir: string): Promise<{ name: string; outcome: string }[]> {
  return await ask(dir, ['exec', '-T', 'cdn', 'prosora-cdn', 'setup', '--json'], '');
}

/** A command of ours in a container says what it refuses as JSON too. */
async function ask<Result>(dir: string, words: string[], input: string): Promise<Result> {
  const printed = await compose(dir, words, { input }).catch((error: ProsoraError) => {
    const said = String(error.context?.['printed'] ?? '');
    // What was done, and what was not.
    if (said.startsWith('[')) return said;
    if (!said.startsWith('{')) throw error;
    const { code, message, help } = JSON.parse(said).error;
    throw new ProsoraError(code, message, { help });
  });
  return JSON.parse(printed) as Result;
}
