import type { IncomingHttpHeaders } from 'node:http';
import type { OpenBot } from '../store/schema.ts';

/** What loads the pictures of every mail ahead of its reader, by the whole of its user agent. */
const PREFETCHERS: Readonly<Record<string, OpenBot>> = {
  // Apple's Mail Privacy Protection says no more, as in Mailgun's own example.
  'Mozilla/5.0': 'apple',
  // https://bird.com/en-gb/blog/gmail-prefetching-images
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/42.0.2311.135 Safari/537.36 Edge/12.246 Mozilla/5.0':
    'gmail',
};

/** Scanners, crawlers and libraries that say what they are. */
const PROGRAM =
  /bot\/|crawler|spider|scanner|headless|barracuda|proofpoint|mimecast|^(?:curl|wget|python|java|go-http-client|libwww|ruby|php)\b/i;

/**
 * Which program asked for a picture; undefined for a reader. The proxies of Gmail and Yahoo are no such
 * programs: they ask when a reader opens the mail.
 */
export function detectOpenBot({
  method,
  headers,
}: {
  method: string;
  headers: IncomingHttpHeaders;
}): OpenBot | undefined {
  const agent = headers['user-agent']?.trim() ?? '';
  const isPrefetch = [headers['sec-purpose'], headers['purpose'], headers['x-moz']]
    .flat()
    .some((purpose) => purpose?.includes('prefetch'));
  // A reader's program wants the picture itself.
  if (agent === '' || method === 'HEAD' || isPrefetch) return 'generic';
  if (Object.hasOwn(PREFETCHERS, agent)) return PREFETCHERS[agent];
  return PROGRAM.test(agent) ? 'generic' : undefined;
}
