import { Counter, createMetrics, Gauge, Histogram, type Registry } from '@prosora/service';
import type { Changes, Pending } from './changes/changes.ts';
import type { ChangeSource } from './changes/tables.ts';
import type { CloudflareAnswer } from './cloudflare/api.ts';

/** What the service counts. */
export interface CdnMetrics {
  readonly registry: Registry;
  recorded(source: ChangeSource, outcome: 'recorded' | 'duplicate'): void;
  refused(reason: string): void;
  answered(kind: 'everything' | 'urls', answer: CloudflareAnswer): void;
  purged(purged: Pending): void;
}

/** Creates the metrics. */
export function createCdnMetrics(changes: Changes): CdnMetrics {
  const registry = createMetrics('cdn');
  const registers = [registry];
  const recorded = new Counter({
    name: 'prosora_cdn_changes_total',
    help: 'Changes of the site that were told of, by who told.',
    labelNames: ['source', 'outcome'],
    registers,
  });
  const refused = new Counter({
    name: 'prosora_cdn_refusals_total',
    help: 'Webhooks that were refused, by reason.',
    labelNames: ['reason'],
    registers,
  });
  const calls = new Counter({
    name: 'prosora_cdn_calls_total',
    help: 'Calls to Cloudflare that make pages old, by what they name and what became of them.',
    labelNames: ['names', 'outcome'],
    registers,
  });
  const seconds = new Histogram({
    name: 'prosora_cdn_purge_seconds',
    help: 'From the first change that was told of until it was purged everywhere.',
    buckets: [0.5, 1, 2, 3, 5, 10, 15, 30, 60, 300, 3_600],
    registers,
  });
  new Gauge({
    name: 'prosora_cdn_oldest_change_seconds',
    help: 'How long the oldest change has waited to be purged; 0 when none waits.',
    registers,
    async collect() {
      const oldestAt = (await changes.pending())?.oldestAt;
      this.set(oldestAt === undefined ? 0 : Math.max(0, Date.now() - oldestAt) / 1_000);
    },
  });
  return {
    registry,
    recorded: (source, outcome) => recorded.inc({ source, outcome }),
    refused: (reason) => refused.inc({ reason }),
    answered: (names, { kind }) => calls.inc({ names, outcome: kind }),
    purged: ({ oldestAt }) => seconds.observe(Math.max(0, Date.now() - oldestAt) / 1_000),
  };
}
