import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { Site } from './authenticate.ts';
import type { Finding } from './doctor.ts';
import { MailBridgeError } from './errors.ts';

const mailgunSchema = z.object({ baseUrl: z.string(), apiKey: z.string(), domain: z.string() });

/** Ghost's mail settings: `bulkEmail.mailgun`, null where it has none. */
export type GhostMailConfig = z.output<typeof mailgunSchema> | null;

/**
 * Reads `bulkEmail.mailgun` of a Ghost config file.
 *
 * @throws MailBridgeError `FILE`
 */
export function readGhostConfig(file: string): GhostMailConfig {
  try {
    const config: unknown = JSON.parse(readFileSync(file, 'utf8'));
    const bulkEmail = z.object({ bulkEmail: z.object({ mailgun: mailgunSchema }) });
    return bulkEmail.safeParse(config).data?.bulkEmail.mailgun ?? null;
  } catch (cause) {
    throw new MailBridgeError('FILE', `Ghost's config ${file} cannot be read.`, { cause });
  }
}

/** Whom Ghost sends its mail to, and whether it gets through. */
export async function checkGhost(
  config: Exclude<GhostMailConfig, undefined>,
  sites: readonly Site[],
): Promise<Finding[]> {
  const what = 'Ghost';
  if (config === null) {
    const sentence =
      'Its config has no whole bulkEmail.mailgun (baseUrl, apiKey, domain): it uses the settings in Ghost Admin, which know Mailgun only.';
    return [{ what, ok: false, sentence }];
  }
  const { baseUrl, apiKey, domain } = config;
  if (!/^https?:\/\//.test(baseUrl) || !URL.canParse(baseUrl)) {
    const sentence = `Its bulkEmail.mailgun.baseUrl is "${baseUrl}": it has to begin with http:// or https://.`;
    return [{ what, ok: false, sentence }];
  }
  const { origin, hostname } = new URL(baseUrl);
  if (/(^|\.)mailgun\.net$/.test(hostname)) {
    const sentence = `It sends through Mailgun (${origin}). To go over, set bulkEmail.mailgun.baseUrl to the bridge and restart Ghost; to stay there, stop the bridge once "prosora-mail status" says "chunks: all sent".`;
    return [{ what, ok: false, sentence }];
  }
  const site = sites.find((each) => each.apiKey === apiKey);
  if (site === undefined) {
    const sentence =
      'Its bulkEmail.mailgun.apiKey is not that of the bridge: set both to the same text.';
    return [{ what, ok: false, sentence }];
  }
  if (!site.domains.includes(domain)) {
    const sentence = `Its bulkEmail.mailgun.domain "${domain}" is not one of the bridge: add it to PROSORA_MAIL_DOMAINS.`;
    return [{ what, ok: false, sentence }];
  }
  return [await tryBridge(origin, config)];
}

/** Asks as Ghost does, for an empty page of events. */
async function tryBridge(
  origin: string,
  { apiKey, domain }: NonNullable<GhostMailConfig>,
): Promise<Finding> {
  const what = 'Ghost';
  const authorization = `Basic ${Buffer.from(`api:${apiKey}`).toString('base64')}`;
  const url = `${origin}/v3/${domain}/events?limit=1&begin=0&end=1&ascending=yes`;
  try {
    const signal = AbortSignal.timeout(10_000);
    const response = await fetch(url, { headers: { authorization }, signal });
    if (response.ok) return { what, ok: true, sentence: `It reaches the bridge at ${origin}.` };
    return { what, ok: false, sentence: `The bridge at ${origin} answers ${response.status}.` };
  } catch {
    const sentence = `Nothing answers at ${origin}, where it sends its mail: start the bridge there, or correct bulkEmail.mailgun.baseUrl.`;
    return { what, ok: false, sentence };
  }
}
