import { type Finding, fail, ok } from '@prosora/service';
import { createTransport } from 'nodemailer';
import * as z from 'zod';
import { type Site, siteOfKey } from '../accept/authenticate.ts';
import { checkAsMailgun, type GhostMailConfig } from './ghost.ts';

const NAME = 'Ghost, sign-in mails';
const PATIENCE_MS = 10_000;

/** Which way Ghost's sign-in and staff mails go, and whether the bridge takes them. */
export async function checkSignIn(
  { mail }: GhostMailConfig,
  sites: readonly Site[],
  smtpPort: number | undefined,
): Promise<Finding> {
  if (mail === null) return elsewhere('its config has no mail.transport');
  const { transport, options } = mail;
  const kind = transport.toLowerCase();
  if (kind === 'mailgun') return await checkMailgunTransport(options, sites);
  if (kind !== 'smtp') return elsewhere(`its mail.transport is "${transport}"`);
  const { port = 'not set' } = options;
  if (Number(port) === smtpPort) return await checkSmtpTransport(options, sites);
  const own = smtpPort ?? 'not set';
  return elsewhere(`its mail.options.port is ${port}, and PROSORA_MAIL_SMTP_PORT is ${own}`);
}

/** That is a choice, not a fault. */
function elsewhere(reason: string): Finding {
  return ok(NAME, `They do not go through the bridge: ${reason}.`);
}

const text = z.coerce.string().default('');
const authSchema = z.object({ api_key: text, apiKey: text, domain: text, pass: text });

const authOf = ({ auth }: Record<string, unknown>) =>
  authSchema.safeParse(auth).data ?? authSchema.parse({});

async function checkMailgunTransport(
  options: Record<string, unknown>,
  sites: readonly Site[],
): Promise<Finding> {
  // Where nodemailer's Mailgun transport goes without an address.
  const { url = 'https://api.mailgun.net' } = options;
  const baseUrl = String(url);
  if (URL.canParse(baseUrl) && new URL(baseUrl).pathname !== '/') {
    const sentence = `Its mail.options.url is "${baseUrl}".`;
    return fail(NAME, sentence, 'End it after the port; Ghost adds the rest.');
  }
  const { api_key, apiKey, domain } = authOf(options);
  const fields = {
    baseUrl: 'mail.options.url',
    apiKey: 'mail.options.auth.api_key',
    domain: 'mail.options.auth.domain',
  };
  return await checkAsMailgun(NAME, fields, { baseUrl, apiKey: api_key || apiKey, domain }, sites);
}

/** Logs in as Ghost does, with its own options, and sends nothing. */
async function checkSmtpTransport(
  options: Record<string, unknown>,
  sites: readonly Site[],
): Promise<Finding> {
  if (siteOfKey(sites, authOf(options).pass) === undefined) {
    const sentence = 'Its mail.options.auth.pass is not the key of the bridge.';
    return fail(NAME, sentence, 'Set both to the same text.');
  }
  const { host = 'localhost', port } = options;
  const timeouts = { connectionTimeout: PATIENCE_MS, greetingTimeout: PATIENCE_MS };
  const transport = createTransport({ ...options, ...timeouts });
  try {
    await transport.verify();
    return ok(NAME, `The bridge takes them at ${host}:${port}.`);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const remedy = 'Start the bridge there, or correct mail.options.';
    return fail(NAME, `Nothing takes them at ${host}:${port} (${reason}).`, remedy);
  } finally {
    transport.close();
  }
}
