import type { Clock } from '@prosora/durable';
import type { MailStore } from '../store/schema.ts';
import type { MailQueues } from '../store/store.ts';
import type { ResendClient } from './resend.ts';
import type { SharedPace } from './shared-pace.ts';
import type { Verdict } from './verdict.ts';

/** What sending needs. */
export interface SendContext {
  store: MailStore;
  queues: MailQueues;
  resend: ResendClient;
  pace: SharedPace;
  clock: Clock;
  /** The true time is surely not later: the clock guard's. (Default: that of `clock`) */
  latest?: () => number;
  /** Where a recipient's own open pixel is; none without. */
  pixelUrl?: ((recipientTag: string) => string) | undefined;
  /** Told of every answer, for a metric. */
  onVerdict?: (verdict: Verdict['kind'], mails: number) => void;
}
