import { readFileSync } from 'node:fs';
import { type Finding, fail, ok } from '@prosora/service';
import * as z from 'zod';
import { type Site, siteOfKey } from '../accept/authenticate.ts';
import { MailBridgeError } from '../errors.ts';

const mailgunSchema = z.object({ baseUrl: z.string(), apiKey: z.string(), domain: z.string() });

const mailSchema = z.object({
  transport: z.string(),
  options: z.record(z.string(), z.unknown()).catch({}),
});

/** Where Ghost's config says that mail goes. */
export interface GhostMailConfig {
  /** `bulkEmail.mailgun`, for newsletters; null where it has no whole one. */
  mailgun: z.output<typeof mailgunSchema> | null;
  /** `mail`, for sign-in and staff mails; null where it names no transport. */
  mail: z.output<typeof mailSchema> | null;
}

/**
 * Reads what a Ghost config file says about mail.
 *
 * @throws MailBridgeError `FILE`
 */
export function readGhostConfig(file: string): GhostMailConfig {
  try {
    const config: unknown = JSON.parse(readFileSync(file, 'utf8'));
    const bulkEmail = z.object({ bulkEmail: z.object({ mailgun: mailgunSchema }) });
    return {
      mailgun: bulkEmail.safeParse(config).data?.bulkEmail.mailgun ?? null,
      mail: z.object({ mail: mailSchema }).safeParse(config).data?.mail ?? null,
    };
  } catch (cause) {
    throw new MailBridgeError('FILE', `Ghost's config ${file} cannot be read.`, { cause });
  }
}

/** Whom Ghost sends newsletters to, and whether they get through. */
export async function checkGhost(
  { mailgun }: GhostMailConfig,
  sites: readonly Site[],
): Promise<Finding> {
  if (mailgun !== null) return await checkAsMailgun('Ghost', BULK_FIELDS, mailgun, sites);
  return fail(
    'Ghost',
    'bulkEmail.mailgun is not complete in its config, so it uses the settings in Ghost Admin, which know Mailgun only.',
    'Set baseUrl, apiKey and domain of bulkEmail.mailgun.',
  );
}

/** What Ghost calls the three things that it needs to speak to Mailgun. */
type MailgunFields = Record<'baseUrl' | 'apiKey' | 'domain', string>;

const BULK_FIELDS: MailgunFields = {
  baseUrl: 'bulkEmail.mailgun.baseUrl',
  apiKey: 'bulkEmail.mailgun.apiKey',
  domain: 'bulkEmail.mailgun.domain',
};

/** Whether who is set up to speak to Mailgun speaks to the bridge. */
export async function checkAsMailgun(
  name: string,
  fields: MailgunFields,
  { baseUrl, apiKey, domain }: MailgunFields,
  sites: readonly Site[],
): Promise<Finding> {
  if (!/^https?:\/\//.test(baseUrl) || !URL.canParse(baseUrl)) {
    const remedy = 'It has to begin with http:// or https://.';
    return fail(name, `Its ${fields.baseUrl} is "${baseUrl}".`, remedy);
  }
  const { origin, hostname } = new URL(baseUrl);
  if (/(^|\.)mailgun\.net$/.test(hostname)) {
    const remedy = `To go over, set ${fields.baseUrl} to the bridge and restart Ghost; to stay there, stop the bridge once "prosora-mail status" says "chunks: all sent".`;
    return fail(name, `It sends through Mailgun (${origin}).`, remedy);
  }
  const site = siteOfKey(sites, apiKey);
  if (site === undefined) {
    const sentence = `Its ${fields.apiKey} is not that of the bridge.`;
    return fail(name, sentence, 'Set both to the same text.');
  }
  if (!site.domains.includes(domain)) {
    const sentence = `Its ${fields.domain} "${domain}" is not one of the bridge.`;
    return fail(name, sentence, 'Add it to PROSORA_MAIL_DOMAINS.');
  }
  // As Ghost does, for an empty page of events.
  const authorization = `Basic ${Buffer.from(`api:${apiKey}`).toString('base64')}`;
  const url = `${origin}/v3/${domain}/events?limit=1&begin=0&end=1&ascending=yes`;
  try {
    const signal = AbortSignal.timeout(10_000);
    const response = await fetch(url, { headers: { authorization }, signal });
    if (response.ok) return ok(name, `It reaches the bridge at ${origin}.`);
    return fail(name, `The bridge at ${origin} answers ${response.status}.`);
  } catch {
    const remedy = `Start the bridge there, or correct ${fields.baseUrl}.`;
    return fail(name, `Nothing answers at ${origin}, where it sends its mail.`, remedy);
  }
}
