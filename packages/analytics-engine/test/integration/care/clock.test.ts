import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { newestEventMs } from '../../../src/care/newest-event.ts';
import { pageHit } from '../../fixtures/hits.ts';
import { startTestEngine, type TestEngine } from '../../fixtures/test-engine.ts';

let dataDir: string;

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'prosora-engine-clock-'));
});

afterEach(() => rmSync(dataDir, { recursive: true }));

const start = () => startTestEngine({ PROSORA_ENGINE_DATA_DIR: dataDir });

/** The middle of a month so many before this one. */
function monthsAgo(months: number): Date {
  const now = new Date();
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - months, 15));
}

const hitAt = (time: Date) => pageHit(1, { timestamp: time.toISOString() });

const eventsOf = (engine: TestEngine) => engine.count('SELECT count() FROM analytics_events');

const stepSeconds = async ({ privateUrl }: TestEngine): Promise<number> => {
  const text = await (await fetch(`${privateUrl}/metrics`)).text();
  return Number(/^prosora_clock_step_seconds\{.*\} (.+)$/m.exec(text)?.[1]);
};

test('events that are old only by a clock that jumped ahead stay until a person says that it is right', async () => {
  // By the last look of the engine it is a year ago, and these were young then.
  const lastLook = monthsAgo(12).getTime();
  writeFileSync(join(dataDir, 'clock.json'), JSON.stringify({ lastLook, isDoubted: false }));
  await using engine = await start();
  await engine.send('analytics_events', [hitAt(monthsAgo(30)), hitAt(monthsAgo(0))].join('\n'));
  await engine.send('analytics_events', hitAt(monthsAgo(50)));

  expect(await stepSeconds(engine)).toBeGreaterThan(300 * 86_400);
  // Old whatever the time is.
  expect(await engine.care.retention()).toHaveLength(1);
  expect(await eventsOf(engine)).toBe(2);

  expect((await engine.operator.ask('retention', {})).removed).toHaveLength(1);
  expect([await eventsOf(engine), await stepSeconds(engine)]).toEqual([1, 0]);
});

test('after a clock was set back, what is old by it goes and nothing else', async () => {
  writeFileSync(
    join(dataDir, 'clock.json'),
    JSON.stringify({ lastLook: Date.now() + 400 * 86_400_000, isDoubted: false }),
  );
  await using engine = await start();
  await engine.send('analytics_events', [hitAt(monthsAgo(20)), hitAt(monthsAgo(30))].join('\n'));
  expect(await stepSeconds(engine)).toBeLessThan(-300 * 86_400);
  expect(await engine.care.retention()).toHaveLength(1);
  expect(await eventsOf(engine)).toBe(1);
});

test('the newest event that is not of the future says before which time it cannot be', async () => {
  await using engine = await start();
  expect(await newestEventMs(engine.database)).toBeUndefined();
  await engine.send('analytics_events', hitAt(new Date('2026-04-01T10:00:00Z')));
  await engine.send('analytics_events', hitAt(new Date('2100-01-01T00:00:00Z')));
  expect(await newestEventMs(engine.database)).toBe(Date.parse('2026-04-01T10:00:00Z'));
});
