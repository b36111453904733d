import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type ChartAnswer, createChartCache } from '../src/chart-cache.ts';
import { createQueryBudget } from '../src/query-budget.ts';

const DAY_MS = 86_400_000;
const answer = (text: string, status = 200): ChartAnswer => ({
  status,
  headers: {},
  body: Buffer.from(text),
});

function cacheWith(options: { ttlMs: number; perDay?: number; maxBytes?: number }) {
  let nowMs = 0;
  let asked = 0;
  const now = () => nowMs;
  const { perDay, ...rest } = options;
  const budget = perDay === undefined ? undefined : createQueryBudget(perDay, now);
  const cache = createChartCache({ ...rest, budget, now });
  return {
    after: (ms: number) => {
      nowMs += ms;
    },
    get asked() {
      return asked;
    },
    async ask(
      path: string,
      given: ChartAnswer = answer('x'),
      token = 'token',
      tokenEndsMs = Infinity,
    ) {
      const result = await cache({ path, token, tokenEndsMs }, async () => {
        asked += 1;
        return given;
      });
      return result.kind === 'spent' ? 'spent' : `${result.answer.status} ${result.answer.body}`;
    },
  };
}

test('an answer is good for its time and for its token', async () => {
  const cache = cacheWith({ ttlMs: 1_000 });
  expect(await cache.ask('a', answer('one'))).toBe('200 one');
  expect(await cache.ask('a', answer('two'))).toBe('200 one');
  expect(await cache.ask('a', answer('other'), 'other')).toBe('200 other');
  cache.after(1_001);
  expect(await cache.ask('a', answer('two'))).toBe('200 two');
});

test('a token that has ended gets nothing out of the cache', async () => {
  const cache = cacheWith({ ttlMs: 1_000_000 });
  await cache.ask('a', answer('one'), 'jwt', 5_000);
  expect(await cache.ask('a', answer('refused', 403), 'jwt', 5_000)).toBe('200 one');
  cache.after(6_000);
  expect(await cache.ask('a', answer('refused', 403), 'jwt', 5_000)).toBe('403 refused');
});

test('a failure is not kept, and gives way to the last answer where the upstream is at its limit', async () => {
  const cache = cacheWith({ ttlMs: 1_000 });
  expect(await cache.ask('a', answer('limit', 429))).toBe('429 limit');
  expect(await cache.ask('a', answer('one'))).toBe('200 one');
  cache.after(2_000);
  expect(await cache.ask('a', answer('limit', 429))).toBe('200 one');
  expect(await cache.ask('a', answer('no', 403))).toBe('403 no');
});

test('when the budget is spent the last answer is given, and where there is none that is said', async () => {
  const cache = cacheWith({ ttlMs: 0, perDay: 24 });
  for (let times = 0; times < 6; times += 1) await cache.ask(`a${times}`, answer(`${times}`));
  expect(await cache.ask('a0', answer('new'))).toBe('200 0');
  expect(await cache.ask('b')).toBe('spent');
  cache.after(DAY_MS / 18);
  expect(await cache.ask('b', answer('later'))).toBe('200 later');
});

test('what is kept stays below its bytes', async () => {
  const cache = cacheWith({ ttlMs: 1_000, maxBytes: 100 });
  for (const path of ['a', 'b', 'c']) await cache.ask(path, answer('x'.repeat(40)));
  await cache.ask('c');
  expect(cache.asked).toBe(3);
  await cache.ask('a');
  expect(cache.asked).toBe(4);
});

test('in no 24 hours does a budget grant more than it has', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 24, max: 2_000 }),
      fc.array(fc.integer({ min: 0, max: 1_800_000 }), { minLength: 1, maxLength: 3_000 }),
      (perDay, waits) => {
        let nowMs = 0;
        const budget = createQueryBudget(perDay, () => nowMs);
        const granted: number[] = [];
        for (const wait of waits) {
          nowMs += wait;
          if (budget.take().granted) granted.push(nowMs);
          const first = granted.findIndex((at) => at > nowMs - DAY_MS);
          expect(granted.length - Math.max(0, first)).toBeLessThanOrEqual(perDay);
        }
      },
    ),
    { numRuns: 30 },
  );
});
