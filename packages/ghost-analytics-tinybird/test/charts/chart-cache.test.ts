import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type ChartAnswer, createChartCache } from '../../src/charts/chart-cache.ts';
import { createQueryBudget } from '../../src/charts/query-budget.ts';

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
      address = '203.0.113.7',
    ) {
      const result = await cache({ path, token, tokenEndsMs, address }, async () => {
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
  for (let times = 0; times < 4; times += 1) await cache.ask(`a${times}`, answer(`${times}`));
  expect(await cache.ask('a0', answer('new'))).toBe('200 0');
  expect(await cache.ask('b')).toBe('spent');
  cache.after(DAY_MS / 14);
  expect(await cache.ask('b', answer('later'))).toBe('200 later');
});

test('questions that the upstream refuses cost none of the owner’s', async () => {
  const cache = cacheWith({ ttlMs: 0, perDay: 24 });
  for (let times = 0; times < 100; times += 1) {
    const refusal = answer('no', times % 2 ? 401 : 403);
    await cache.ask(`x${times}`, refusal, `forged ${times}`, Infinity, `198.51.100.${times}`);
  }
  expect(await cache.ask('owner', answer('1'))).toBe('200 1');
  expect(cache.asked).toBe(101);
});

test('whoever is refused again and again is soon not asked for', async () => {
  const cache = cacheWith({ ttlMs: 0, perDay: 24 });
  for (let times = 0; times < 100; times += 1) {
    await cache.ask(`x${times}`, answer('no', 403), `forged ${times}`, Infinity, '198.51.100.1');
  }
  expect(cache.asked).toBe(4);
});

test('one address cannot spend what others ask with, and its /64 is one address', async () => {
  const cache = cacheWith({ ttlMs: 0, perDay: 100 });
  const ask = (path: string, address: string) =>
    cache.ask(path, answer('1'), 'token', Infinity, address);
  let granted = 0;
  for (let times = 0; times < 100; times += 1) {
    const said = await ask(`a${times}`, `2001:db8::${times.toString(16)}`);
    granted += said === 'spent' ? 0 : 1;
  }
  expect(granted).toBe(18);
  expect(await ask('b', '2001:db8:0:1::1')).toBe('200 1');
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
          if (budget.take(`203.0.113.${granted.length % 4}`).granted) granted.push(nowMs);
          const first = granted.findIndex((at) => at > nowMs - DAY_MS);
          expect(granted.length - Math.max(0, first)).toBeLessThanOrEqual(perDay);
        }
      },
    ),
    { numRuns: 30 },
  );
});
