import { Counter, createMetrics, Gauge, type Registry } from '@prosora/service';
import type { MailQueue } from './schema.ts';

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
}

/** Creates the metrics; the queue is looked at whenever they are read. */
export function createMailMetrics(queue: MailQueue): MailMetrics {
  const registry = createMetrics('mail');
  const registers = [registry];
  new Gauge({
    name: 'prosora_mail_oldest_pending_seconds',
    help: 'Age of the oldest chunk that still has to be sent.',
    registers,
    async collect() {
      const oldest = await queue.oldestPending();
      this.set(oldest === undefined ? 0 : (Date.now() - oldest.getTime()) / 1000);
    },
  });
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
    mails: new Counter({
      name: 'prosora_mail_resend_mails_total',
      help: 'Mails in calls to Resend, by what the answer meant.',
      labelNames: ['verdict'],
      registers,
    }),
    webhooks: new Counter({
      name: 'prosora_mail_webhooks_total',
      help: 'Webhooks of Resend, by what became of them.',
      labelNames: ['type', 'outcome'],
      registers,
    }),
  };
}
