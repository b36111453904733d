import { Counter, createMetrics, Gauge, type Registry } from '@prosora/service';
import { webhookSilenceMs } from '../report/webhook-silence.ts';
import { readSkew } from '../report/webhook-skew.ts';
import type { OpenedMailStore } from '../store/store.ts';
import { countGivenUp } from './dead-chunks.ts';

/** What the bridge counts. */
export interface MailMetrics {
  registry: Registry;
  /** Recipients in messages from Ghost. */
  recipients: Counter<'outcome'>;
  /** Requests that were answered with an error. */
  refusals: Counter<'route' | 'status'>;
  /** Mails in calls to Resend, by what the answer meant. */
  mails: Counter<'verdict'>;
  webhooks: Counter<'type' | 'outcome'>;
  /** Deletions of suppressions by Ghost, by what became of them. */
  suppressionDeletions: Counter<'outcome'>;
  /** Opens that our own pixel counted, by the program that they are by. */
  pixelOpens: Counter<'bot'>;
  /** Stored events that Ghost could not bear, each time a page left one out. */
  malformedEvents: Counter;
}

/** Creates the metrics; the queue is looked at whenever they are read. */
export function createMailMetrics(opened: OpenedMailStore): MailMetrics {
  const { store, queues, clock } = opened;
  const registry = createMetrics('mail');
  const registers = [registry];
  new Gauge({
    name: 'prosora_mail_oldest_pending_seconds',
    help: 'Age of the oldest chunk that still has to be sent.',
    registers,
    async collect() {
      const dates = await Promise.all([
        queues.urgent.oldestPending(),
        queues.chunks.oldestPending(),
      ]);
      const ages = dates.map((date) => (date ? (clock.now() - date.getTime()) / 1000 : 0));
      this.set(Math.max(...ages));
    },
  });
  new Gauge({
    name: 'prosora_mail_jobs_given_up',
    help: 'Jobs that "dead" lists. Be alarmed by dead ones: their mail was not sent.',
    labelNames: ['state'],
    registers,
    async collect() {
      for (const [state, count] of await countGivenUp(opened)) this.set({ state }, count);
    },
  });
  new Gauge({
    name: 'prosora_mail_webhook_silence_seconds',
    help: 'How long Resend has not reported though mails are out; 0 while it does. Be alarmed by it.',
    registers,
    async collect() {
      this.set((await webhookSilenceMs(store, clock.now())) / 1000);
    },
  });
  new Gauge({
    name: 'prosora_mail_webhook_skew_seconds',
    help: 'How far the clock is behind the time of a webhook that was refused for it (negative: ahead); 0 while none is.',
    registers,
    async collect() {
      this.set(((await readSkew(store))?.skewMs ?? 0) / 1000);
    },
  });
  new Gauge({
    name: 'prosora_mail_unknown_recipients',
    help: 'Recipients of whom it is not known yet whether their mail was sent: Resend will be asked.',
    registers,
    async collect() {
      const { unknown } = await store.db
        .selectFrom('recipient')
        .select(({ fn }) => fn.countAll<number>().as('unknown'))
        .where('state', '=', 'unknown')
        .where('settled_at', 'is', null)
        .executeTakeFirstOrThrow();
      this.set(Number(unknown));
    },
  });
  const mails = new Counter({
    name: 'prosora_mail_resend_mails_total',
    help: 'Mails in calls to Resend, by what the answer meant.',
    labelNames: ['verdict'],
    registers,
  });
  // Whoever watches sees a first refusal alone where it stood at 0 before.
  for (const verdict of ['locked', 'quota', 'blocked']) mails.inc({ verdict }, 0);
  return {
    registry,
    recipients: new Counter({
      name: 'prosora_mail_recipients_total',
      help: 'Recipients in messages from Ghost.',
      labelNames: ['outcome'],
      registers,
    }),
    refusals: new Counter({
      name: 'prosora_mail_refusals_total',
      help: 'Requests answered with an error.',
      labelNames: ['route', 'status'],
      registers,
    }),
    mails,
    webhooks: new Counter({
      name: 'prosora_mail_webhooks_total',
      help: 'Webhooks of Resend, by what became of them.',
      labelNames: ['type', 'outcome'],
      registers,
    }),
    suppressionDeletions: new Counter({
      name: 'prosora_mail_suppression_deletions_total',
      help: 'Deletions of suppressions by Ghost; "held" ones stay at Resend, since another site holds the address.',
      labelNames: ['outcome'],
      registers,
    }),
    pixelOpens: new Counter({
      name: 'prosora_mail_pixel_opens_total',
      help: 'Opens that the own pixel counted, by the program that they are by.',
      labelNames: ['bot'],
      registers,
    }),
    malformedEvents: new Counter({
      name: 'prosora_mail_malformed_events_total',
      help: 'Stored events that were kept from Ghost because it would stop at them.',
      registers,
    }),
  };
}
