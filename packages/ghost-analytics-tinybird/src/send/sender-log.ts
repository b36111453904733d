import type { EventsOutcome, Logger } from '@prosora/service';
import type { SentBatch } from './sender.ts';

/** Writes what became of a batch; what a person has to act on is an error. */
export function logOutcome(logger: Logger, outcome: EventsOutcome, batch: SentBatch): void {
  const [level, text] = lineFor(outcome, batch);
  logger[level](
    { event: `batch.${outcome.kind}`, batch: batch.name, hits: batch.rows, ...outcome },
    text,
  );
}

/** Writes of rows that Ghost synchronised and that the upstream set aside: Ghost sends none again. */
export function logSynced(
  logger: Logger,
  datasource: string,
  { quarantined }: { quarantined: number },
): void {
  if (quarantined === 0) return;
  logger.error(
    { event: 'sync.quarantined', datasource, rows: quarantined },
    'synchronised rows are in quarantine',
  );
}

function lineFor(outcome: EventsOutcome, batch: SentBatch): ['debug' | 'warn' | 'error', string] {
  switch (outcome.kind) {
    case 'accepted':
      if (outcome.quarantined === 0) return ['debug', 'batch sent'];
      return ['error', 'batch sent, but some of it is in quarantine'];
    case 'unavailable':
      return ['warn', 'the upstream takes nothing now'];
    case 'misconfigured':
      return ['error', 'the upstream takes nothing until its address or token is right'];
    case 'refused':
      if (batch.isHalved) return ['warn', 'batch refused: its halves are tried'];
      return ['error', 'hit refused: it is a dead letter'];
    case 'halfway':
      if (batch.isHalved)
        return ['warn', 'a view refused a row of the batch: its halves are tried'];
      return ['error', 'batch written but missing in a view: it is a dead letter'];
  }
}
