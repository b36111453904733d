import Stripe from 'stripe';
import { sign, verify } from '../../packages/ghost-webhooks-stripe/src/index.ts';
import type { Figure } from '../figure.ts';
import { quantile } from '../quantile.ts';

const SECRET = 'whsec_of_the_endpoint';
const OTHER = 'whsec_of_the_rotation';
const SIZES = [5, 20, 50] as const;
const ROUNDS = 40;
const PER_ROUND = 50;
const BUDGET_MICROS = 100;

/** Verification at three sizes, beside Stripe's own. All take turns, and the median round counts. */
export function measureVerify(): Figure[] {
  return SIZES.flatMap((kilobytes) => {
    const body = bodyOf(kilobytes * 1_000);
    const header = sign(body, { secrets: [SECRET] });
    const wrong = sign(body, { secrets: ['whsec_forged_of_the_tests'] });
    const takes = race({
      one: () => verify(body, header, { secrets: [SECRET] }),
      // The one that matches comes last, so both are computed either way.
      two: () => verify(body, header, { secrets: [OTHER, SECRET] }),
      forged: () => verify(body, wrong, { secrets: [OTHER, SECRET] }),
      construct: () => Stripe.webhooks.constructEvent(body, header, SECRET),
      header: () => Stripe.webhooks.signature?.verifyHeader(body, header, SECRET),
    });
    const against = (name: 'construct' | 'header') => ({
      name: name === 'construct' ? 'constructEvent' : 'verifyHeader',
      value: takes[name],
    });
    const figure = { unit: 'µs' };
    return [
      {
        ...figure,
        name: `verify ${kilobytes} KB, one secret`,
        value: takes.one,
        yardstick: against('header'),
      },
      {
        ...figure,
        name: `verify ${kilobytes} KB, two secrets`,
        value: takes.two,
        yardstick: against('construct'),
        ...(kilobytes === 50 && {
          budget: { description: `≤ ${BUDGET_MICROS} µs`, met: takes.two <= BUDGET_MICROS },
        }),
      },
      {
        ...figure,
        name: `verify ${kilobytes} KB, forged`,
        value: takes.forged,
        yardstick: { name: 'a right one', value: takes.two },
        budget: {
          description: 'no more than a right one (+10 %)',
          met: takes.forged <= takes.two * 1.1,
        },
      },
    ];
  });
}

function race<Name extends string>(works: Record<Name, () => unknown>): Record<Name, number> {
  const names = Object.keys(works) as Name[];
  const micros = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<
    Name,
    number[]
  >;
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const name of names) {
      const started = performance.now();
      for (let at = 0; at < PER_ROUND; at += 1) works[name]();
      micros[name].push(((performance.now() - started) * 1_000) / PER_ROUND);
    }
  }
  // The first rounds warm up the compiler.
  const entries = names.map((name) => [name, quantile(micros[name].slice(10), 0.5)]);
  return Object.fromEntries(entries) as Record<Name, number>;
}

/** JSON as Stripe formats it, of a size. */
function bodyOf(bytes: number): Buffer {
  const line = { id: 'il_1', object: 'line_item', description: 'Monthly', amount: 500 };
  const data = (lines: number, note: string) => ({
    object: { lines: Array.from({ length: lines }, () => line), note },
  });
  const textOf = (lines: number, note: string) =>
    JSON.stringify({ id: 'evt_1', object: 'event', data: data(lines, note) }, null, 2);
  let lines = 0;
  while (textOf(lines + 1, '').length <= bytes) lines += 1;
  return Buffer.from(textOf(lines, 'x'.repeat(bytes - textOf(lines, '').length)));
}
