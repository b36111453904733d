import {
  Counter,
  createMetrics,
  type EventsOutcome,
  Gauge,
  Histogram,
  type Registry,
} from '@prosora/service';
import { remember } from './hit/remember.ts';
import type { SentBatch } from './send/sender.ts';
import type { Checkpoint } from './spool/checkpoint.ts';
import type { Spool } from './spool/spool.ts';

/** What the collector counts; no label ever holds anything of a visitor. */
export interface CollectorMetrics {
  registry: Registry;
  /** `accepted`, why it was dropped, or the code of the refusal in lower case. */
  hit(outcome: string): void;
  flushed(tookMs: number): void;
  sent(outcome: EventsOutcome, batch: SentBatch): void;
  /** What became of rows that Ghost synchronised. */
  synced(rows: { accepted: number; quarantined: number; dead?: number }): void;
  /** Where the answer to a chart's question came from. */
  chart(source: string): void;
}

const FSYNC_BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2];

/**
 * Creates the metrics of one collector.
 *
 * @param now milliseconds since any moment; it must not jump
 */
export function createCollectorMetrics(
  spool: Pick<Spool, 'bytes' | 'oldest'>,
  checkpoint: Pick<Checkpoint, 'progress'>,
  now: () => number = () => performance.now(),
): CollectorMetrics {
  const registry = createMetrics('collector');
  const registers = [registry];
  const counter = (name: string, help: string, label: string) =>
    new Counter({ name: `prosora_${name}_total`, help, labelNames: [label], registers });
  const hits = counter('hits', 'Page hits that came in, by outcome.', 'outcome');
  const hitsOf = remember((outcome) => hits.labels({ outcome }));
  const rows = counter('hits_sent', 'Page hits that left the spool, by outcome.', 'outcome');
  // Whoever watches sees the first that are given up alone where it stood at 0 before.
  rows.inc({ outcome: 'dead' }, 0);
  const batches = counter('batches', 'Batches sent, by outcome.', 'outcome');
  const synced = counter('sync_rows', "Rows of Ghost's automations, by outcome.", 'outcome');
  const charts = counter('charts', 'Questions of charts, by who answered.', 'source');
  const doubles = new Counter({
    name: 'prosora_hits_possibly_double_total',
    help: 'Page hits sent again though they may have been written: Tinybird keeps both, the engine one.',
    registers,
  });
  const fsync = new Histogram({
    name: 'prosora_spool_fsync_seconds',
    help: 'How long a group of hits took to be on disk.',
    buckets: FSYNC_BUCKETS,
    registers,
  });
  new Gauge({
    name: 'prosora_spool_bytes',
    help: 'Size of the spool on disk, with what was sent of the newest segment.',
    registers,
    collect() {
      this.set(spool.bytes);
    },
  });
  new Gauge({
    name: 'prosora_spool_waiting_bytes',
    help: 'Bytes of page hits that were not sent yet.',
    registers,
    collect() {
      const { segment, from } = checkpoint.progress;
      this.set(spool.bytes - (spool.oldest()?.name === segment ? from : 0));
    },
  });
  let failingSince: number | undefined;
  new Gauge({
    name: 'prosora_upstream_failing_seconds',
    help: 'For how long the upstream has taken nothing: the number to be alarmed by.',
    registers,
    collect() {
      this.set(failingSince === undefined ? 0 : (now() - failingSince) / 1_000);
    },
  });

  return {
    registry,
    hit: (outcome) => hitsOf(outcome).inc(),
    flushed: (tookMs) => fsync.observe(tookMs / 1_000),
    synced({ accepted, quarantined, dead = 0 }) {
      synced.inc({ outcome: 'accepted' }, accepted);
      synced.inc({ outcome: 'quarantined' }, quarantined);
      synced.inc({ outcome: 'dead' }, dead);
    },
    chart: (source) => charts.inc({ source }),
    sent(outcome, batch) {
      batches.inc({ outcome: outcome.kind });
      const isUnsent = outcome.kind === 'unavailable' || outcome.kind === 'misconfigured';
      failingSince = isUnsent ? (failingSince ?? now()) : undefined;
      // It is counted by its halves.
      if (batch.isHalved) return;
      if (batch.mayBeDouble && outcome.kind !== 'refused') doubles.inc(batch.rows);
      if (outcome.kind === 'accepted') {
        rows.inc({ outcome: 'accepted' }, outcome.rows);
        rows.inc({ outcome: 'quarantined' }, outcome.quarantined);
      } else if (outcome.kind === 'halfway' || outcome.kind === 'refused') {
        rows.inc({ outcome: 'dead' }, batch.rows);
      }
    },
  };
}
