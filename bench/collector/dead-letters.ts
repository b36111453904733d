import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createOperatorClient, findOperatorTokens } from '@prosora/service';
import { writeDeadLetters } from '../../packages/ghost-analytics-tinybird/src/send/dead-letters.ts';
import { deadLettersIn } from '../../packages/ghost-analytics-tinybird/src/spool/data-dir.ts';
import { operations } from '../../packages/ghost-analytics-tinybird/src/verbs/operations.ts';
import type { Figure } from '../figure.ts';
import { quantile } from '../quantile.ts';
import { startCollector } from './collector-process.ts';
import { hitNumber } from './hits.ts';

const LETTERS = 1_000_000;
const ASKED = 1_000;

/** Pages of a hundred from anywhere among a million dead letters of a hit each, and letters by their names. */
export async function measureDeadLetters(dir: string): Promise<Figure[]> {
  const dataDir = join(dir, 'dead');
  mkdirSync(dataDir);
  writeDeadLetters(deadLettersIn(dataDir), letters());
  const collector = await startCollector(dataDir, 'http://127.0.0.1:9');
  const { ask } = createOperatorClient(operations, {
    url: collector.privateUrl ?? '',
    token: findOperatorTokens({ dataDir })?.read ?? '',
  });
  const times = { page: [] as number[], one: [] as number[] };
  const timed = async (into: number[], work: () => Promise<unknown>) => {
    const startedAt = performance.now();
    await work();
    into.push(performance.now() - startedAt);
  };
  for (let asked = 0; asked < ASKED; asked += 1) {
    const at = Math.floor(Math.random() * LETTERS);
    await timed(times.page, () => ask('dead-letters', { after: `0:${at}` }));
    await timed(times.one, () => ask('dead-letter', { batch: nameOf(at) }));
  }
  await collector.stop();
  const p99 = (name: string, list: number[]): Figure => ({
    name,
    value: quantile(list, 0.99),
    unit: 'ms',
    budget: { description: 'below 100 ms', met: quantile(list, 0.99) < 100 },
  });
  return [
    p99('a page of 100 among 1,000,000 dead letters, p99', times.page),
    p99('a dead letter among them by its name, p99', times.one),
  ];
}

function* letters() {
  const at = new Date().toISOString();
  const rows = [JSON.parse(hitNumber(1).body)];
  for (let number = 0; number < LETTERS; number += 1) {
    yield { at, batch: nameOf(number), kind: 'refused' as const, reason: '400: bad row', rows };
  }
}

const nameOf = (number: number): string => `0000000001-0123456789abcdef:${number}-${number + 1}`;
