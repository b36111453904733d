import type { Logger } from '@prosora/service';
import { runIn } from '../stack/docker-socket.ts';
import { askSite, type Site } from './edge.ts';
import type { Subject } from './keep-gauges.ts';
import { probeOfResend, probeOfStripe } from './webhook-probe.ts';

/** What has to be known of the stack. */
export interface Questioned {
  project: string;
  site: () => Site;
  /** What a setting says. */
  setting: (name: string) => string;
  logger: Logger;
}

/** How a question was answered, and when, in milliseconds since 1970. */
interface Answered {
  askedAt: number;
  up: number;
  seconds: number;
}

/** One that is transformed, kept and paid for elsewhere is not asked for each minute. */
const PICTURE_MS = 300_000;
const PICTURE = /(?:(https:\/\/[^/"'\s]+))?(\/content\/images\/[^"'\s,)<>&\\]+)/g;

/** The first picture in a page that the site itself serves, a size rather than the whole. */
export function pictureIn(html: string, page: URL): URL | undefined {
  const found = [...html.matchAll(PICTURE)]
    .filter(([, origin = page.origin]) => origin === page.origin)
    .map(([, , path = '']) => new URL(path, page));
  return found.find(({ pathname }) => pathname.includes('/size/')) ?? found[0];
}

/**
 * Asks the stack what readers and vendors ask of it. The two that take webhooks are sent an event that is signed with the
 * secret which the service was given: it is read from the service's own file for each question, so that no other
 * container keeps it, and one that the service does not know yet or the body of which is changed on its way shows.
 */
export function watchQuestions({ project, site, setting, logger }: Questioned): Subject {
  const last = new Map<string, Answered>();

  /** @param question throws with what is wrong */
  const ask = async (name: string, question: () => Promise<unknown>): Promise<void> => {
    const begunAt = performance.now();
    const reason = await question().then(
      () => undefined,
      (error: Error) => error.message,
    );
    const seconds = (performance.now() - begunAt) / 1_000;
    if (reason !== undefined && last.get(name)?.up !== 0) {
      logger.warn(
        { event: 'question.unanswered', question: name, reason },
        'the site does not answer as it should',
      );
    }
    last.set(name, { askedAt: Date.now(), up: reason === undefined ? 1 : 0, seconds });
  };
  const at = (path: string, host = site().domain): URL => new URL(`https://${host}${path}`);
  const secretOf = async (service: string, name: string): Promise<string> => {
    const signal = AbortSignal.timeout(5_000);
    const printed = await runIn(project, service, `cat /run/secrets/${name}`, signal);
    const [secret = ''] = printed.trim().split(/[\s,]+/);
    if (secret === '') throw new Error(`${service} has no secret.`);
    return secret;
  };

  const readers = async (): Promise<void> => {
    let page = '';
    await ask('front', async () => {
      page = await askSite(site(), at('/'), 200);
    });
    const picture = pictureIn(page, at('/'));
    const isFresh = Date.now() - (last.get('picture')?.askedAt ?? 0) < PICTURE_MS;
    if (picture && !isFresh) await ask('picture', () => askSite(site(), picture, 200));
    // What a page that does not come shows is not known.
    else if (page !== '' && !picture) last.delete('picture');
  };
  const staff = () =>
    ask('admin', async () => {
      const { adminDomain } = site();
      await askSite(site(), at('/ghost/', adminDomain), 200);
      await askSite(site(), at('/ghost/api/admin/site/', adminDomain), 200);
    });
  const tracker = () =>
    ask('tracker', () => {
      const hit = { headers: { 'content-type': 'text/plain' }, body: hitOf(at('/').href) };
      const path = '/.ghost/analytics/api/v1/page_hit?name=analytics_events';
      return askSite(site(), at(path), 202, hit);
    });
  const mail = () =>
    ask('mail_webhook', async () => {
      const probe = probeOfResend(await secretOf('mail', 'resend_webhook_secret'), new Date());
      await askSite(site(), at('/webhooks/resend'), 200, probe);
    });
  const payments = () =>
    ask('payment_webhook', async () => {
      const probe = probeOfStripe(await secretOf('webhooks', 'stripe_webhook_secret'), new Date());
      await askSite(site(), at('/members/webhooks/stripe/'), 200, probe);
    });

  return {
    of: 'questions',
    scrapes: 4,
    async read() {
      await Promise.all([
        readers(),
        staff(),
        setting('ANALYTICS') === 'off' ? last.delete('tracker') : tracker(),
        setting('MAILER') === 'resend' ? mail() : last.delete('mail_webhook'),
        setting('PAYMENTS') === 'off' ? last.delete('payment_webhook') : payments(),
      ]);
      const up = [...last].map(([name, answered]) => [name, answered.up] as const);
      const seconds = [...last].map(([name, answered]) => [name, answered.seconds] as const);
      return {
        prosora_question_up: ['question', new Map(up)],
        prosora_question_duration_seconds: ['question', new Map(seconds)],
      };
    },
  };
}

/** A page view of nobody: the name of who asks is that of a program, which the collector answers and counts nowhere. */
function hitOf(href: string): string {
  const site_uuid = '00000000-0000-0000-0000-000000000000';
  const payload = { site_uuid, locale: 'en', location: null, pathname: '/', href };
  const timestamp = new Date().toISOString();
  return JSON.stringify({ timestamp, action: 'page_hit', version: '1', payload });
}
