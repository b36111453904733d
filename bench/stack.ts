import type { Figure } from './figure.ts';
import { load, type Throughput, type Way } from './stack/load.ts';
import { fillMemory } from './stack/memory.ts';
import { bringUp } from './stack/site.ts';
import { visit } from './stack/visit.ts';

const ROUNDS = 3;
const ORDER: readonly Way[] = ['plain', 'ghost', 'constant', 'pages'];

const NAMES: Record<Way, string> = {
  pages: 'Caddy → pages',
  ghost: 'Caddy → Ghost',
  plain: 'ghost-docker’s Caddy → Ghost as it comes',
  constant: 'Caddy → a constant answer',
};

/** Measures the stack's pages beside Ghost without them, and beside the least that can stand in their place. */
export async function run(): Promise<Figure[]> {
  await using site = await bringUp();
  const subjects = {
    'front page': () => '/',
    'a post': () => '/post-42/',
    RSS: () => '/rss/',
    'Content API': (way: Way) =>
      `/ghost/api/content/posts/?key=${site.keys[way === 'plain' ? 'plain' : 'ghost']}`,
  };
  const figures: Figure[] = [];
  for (const [name, page] of Object.entries(subjects)) figures.push(...(await compare(name, page)));
  figures.push(...(await visit()));
  await fillMemory();
  const used = await site.memoryMb('pages');
  figures.push({
    name: 'memory of the container with 64 MB of pages',
    value: used,
    unit: 'MB',
    budget: { description: 'at most 110 MB', met: used <= 110 },
  });
  return figures;
}

/** Each way in turns, so that all meet the same noise; the best of its rounds counts. */
async function compare(name: string, page: (way: Way) => string): Promise<Figure[]> {
  const best = new Map<Way, Throughput>();
  for (let round = 0; round < ROUNDS; round++) {
    for (const way of ORDER) {
      const found = await load(way, page(way));
      if (found.perSecond > (best.get(way)?.perSecond ?? 0)) best.set(way, found);
    }
  }
  const of = (way: Way) => best.get(way) ?? { perSecond: 0, p99Ms: 0 };
  const pages = of('pages');
  const perSecond = (way: Way, least: number): Figure => ({
    name: `${name}, beside ${NAMES[way]}`,
    value: pages.perSecond,
    unit: 'requests/s',
    yardstick: { name: NAMES[way], value: of(way).perSecond },
    budget: {
      description: `at least ${least} of it`,
      met: pages.perSecond >= least * of(way).perSecond,
    },
  });
  return [
    perSecond('ghost', 10),
    perSecond('plain', 10),
    perSecond('constant', 0.85),
    {
      name: `${name}, p99`,
      value: pages.p99Ms,
      unit: 'ms',
      yardstick: { name: NAMES.ghost, value: of('ghost').p99Ms },
    },
  ];
}
