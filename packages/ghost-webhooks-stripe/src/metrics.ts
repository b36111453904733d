import type { BreakerState, Settlement } from '@prosora/durable';
import {
  addClockMetrics,
  type ClockGuard,
  Counter,
  createMetrics,
  Gauge,
  Histogram,
  type Registry,
} from '@prosora/service';
import type { GhostAnswer } from './deliver/ghost-answers.ts';
import type { Inbox, RecordOutcome } from './inbox/inbox.ts';
import type { Refusal } from './webhook/receive.ts';

/** What the service counts. */
export interface InboxMetrics {
  readonly registry: Registry;
  recorded(outcome: RecordOutcome, secretId: string, skewSeconds: number): void;
  refused(refusal: Refusal): void;
  answered(answer: GhostAnswer): void;
  settled(settlement: Settlement, tookMs: number): void;
  breaker(state: BreakerState): void;
  /** Times a request for webhooks; call the result when it is answered. */
  timeRequest(): () => void;
}

/** Creates the service's metrics; the gauges of the inbox are read from it at each scrape. */
export function createInboxMetrics(
  inbox: Inbox,
  clock: Pick<ClockGuard, 'now' | 'doubt'>,
): InboxMetrics {
  const registry = createMetrics('stripe-inbox');
  const registers = [registry];
  const counter = (name: string, help: string, label: string) =>
    new Counter({ name: `prosora_stripe_${name}_total`, help, labelNames: [label], registers });
  const histogram = (name: string, help: string, buckets: number[]) =>
    new Histogram({ name: `prosora_stripe_${name}_seconds`, help, buckets, registers });

  const events = counter('events', 'Events acknowledged, by what became of them.', 'outcome');
  const refusals = counter('refusals', 'Requests refused, by reason.', 'reason');
  const secretUses = counter('secret_uses', 'Events by the secret that matched.', 'secret');
  const answers = counter('ghost_answers', 'Answers of Ghost, by status.', 'status');
  const deliveries = counter('deliveries', 'Deliveries to Ghost, by how they ended.', 'outcome');
  const ack = histogram('ack', 'From a request to its answer.', ACK_BUCKETS);
  const delivery = histogram('delivery', 'One delivery to Ghost.', DELIVERY_BUCKETS);
  const skew = new Gauge({
    name: 'prosora_stripe_clock_skew_seconds',
    help: "Our time less that of the last event's signature.",
    registers,
  });
  const breaker = new Gauge({
    name: 'prosora_stripe_breaker_open',
    help: '1 while nothing is delivered, because Ghost is not well.',
    registers,
  });
  addInboxGauges(inbox, registers, clock.now);
  addClockMetrics(registry, clock);

  return {
    registry,
    recorded(result, secretId, skewSeconds) {
      events.inc({ outcome: outcomeOf(result) });
      secretUses.inc({ secret: secretId });
      skew.set(skewSeconds);
    },
    refused: (reason) => refusals.inc({ reason }),
    answered: (answer) =>
      answers.inc({ status: answer.kind === 'status' ? answer.status : answer.kind }),
    settled({ kind }, tookMs) {
      deliveries.inc({ outcome: kind });
      delivery.observe(tookMs / 1000);
    },
    breaker: (state) => breaker.set(state === 'closed' ? 0 : 1),
    timeRequest: () => ack.startTimer(),
  };
}

function outcomeOf(result: RecordOutcome): string {
  if (result.outcome === 'replaced') return 'replaced';
  if ('held' in result) return 'held';
  return 'twinOf' in result ? 'twin' : result.outcome;
}

function addInboxGauges(inbox: Inbox, registers: Registry[], now: () => number): void {
  const ageOf = (oldest: Date | undefined) =>
    oldest === undefined ? 0 : Math.max(0, now() - oldest.getTime()) / 1000;
  new Gauge({
    name: 'prosora_stripe_jobs',
    help: 'Deliveries to Ghost, by state.',
    labelNames: ['state'],
    registers,
    async collect() {
      this.reset();
      for (const [state, jobs] of Object.entries(await inbox.deliveries.counts())) {
        this.set({ state }, jobs);
      }
    },
  });
  new Gauge({
    name: 'prosora_stripe_sink_jobs',
    help: 'Deliveries to handlers and analytics, by sink and state.',
    labelNames: ['sink', 'state'],
    registers,
    async collect() {
      this.reset();
      for (const [sink, counts] of Object.entries(await inbox.sinkCounts())) {
        if (sink === 'ghost') continue;
        for (const [state, jobs] of Object.entries(counts)) this.set({ sink, state }, jobs);
      }
    },
  });
  new Gauge({
    name: 'prosora_stripe_sink_oldest_pending_seconds',
    help: 'Age of the oldest event that a handler or the analytics still have to get.',
    labelNames: ['sink'],
    registers,
    async collect() {
      this.reset();
      for (const sink of inbox.sinks) {
        this.set({ sink }, ageOf(await inbox.queueOf(sink).oldestPending()));
      }
    },
  });
  new Gauge({
    name: 'prosora_stripe_oldest_pending_seconds',
    help: 'Age of the oldest event that Ghost still has to get: the number to be alarmed by.',
    registers,
    async collect() {
      this.set(ageOf(await inbox.deliveries.oldestPending()));
    },
  });
  new Gauge({
    name: 'prosora_stripe_held_events',
    help: 'Events that are kept and not sent to Ghost until a person has looked.',
    labelNames: ['reason'],
    registers,
    async collect() {
      this.reset();
      const { held } = await inbox.counts();
      for (const [reason, events] of Object.entries(held)) this.set({ reason }, events);
    },
  });
}

const ACK_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5];
const DELIVERY_BUCKETS = [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 5, 20, 90];
