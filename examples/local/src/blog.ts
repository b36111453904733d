import type { Scene } from './picture.ts';

/** One post of the example blog: its pictures are painted, its words are written here. */
export interface ExamplePost {
  slug: string;
  title: string;
  excerpt: string;
  tag: string;
  /** The first is the feature image, the rest stand between the paragraphs. */
  scenes: [Scene, ...Scene[]];
  paragraphs: string[];
}

const dusk: Scene['sky'] = ['#27406b', '#e58f65', '#f9d9a0'];
const dawn: Scene['sky'] = ['#6f8fb8', '#f3c9b5', '#fbe9d7'];
const night: Scene['sky'] = ['#0b1430', '#27416f', '#6f86a8'];
const noon: Scene['sky'] = ['#3f7fb5', '#8fc1dd', '#e3f0ee'];
const rain: Scene['sky'] = ['#59656f', '#8d9aa0', '#c3cbcb'];
const frost: Scene['sky'] = ['#8fa7c4', '#c9d6e6', '#f2f5f8'];

const low = (x: number): Scene['light'] => ({ color: '#fff1c9', x, y: 0.36, radius: 60 });
const high = (x: number): Scene['light'] => ({ color: '#fffbe8', x, y: 0.16, radius: 46 });
const moon = (x: number): Scene['light'] => ({ color: '#f4f1e0', x, y: 0.22, radius: 44 });

/** The publication itself. */
export const BLOG = {
  title: 'Slow Maps',
  description: 'Walks, coasts and weather, one unhurried map at a time',
  accentColor: '#2b6a73',
  cover: { seed: 7, sky: dusk, land: '#1d2b33', light: low(0.72), water: true } satisfies Scene,
};

/** Eight posts, oldest first. */
export const POSTS: readonly ExamplePost[] = [
  {
    slug: 'the-harbour-before-six',
    title: 'The harbour before six',
    excerpt: 'What a small port looks like when only the gulls and the baker are up.',
    tag: 'Coasts',
    scenes: [
      { seed: 101, sky: dawn, land: '#3d4a5c', light: low(0.32), water: true },
      { seed: 102, sky: dawn, land: '#4b4453', light: low(0.7), water: true },
    ],
    paragraphs: [
      'The first boat left at twenty to six, before the lamps on the quay went out. It made one long line across water that had not moved all night.',
      'Behind the fish market a window was open and somebody was shaping loaves. Ask, and you get the heel of yesterday’s rye for nothing and directions to the headland that no map prints.',
      'By seven the vans arrive and it is a different place. Come early or do not come at all.',
    ],
  },
  {
    slug: 'five-days-on-the-ridge-path',
    title: 'Five days on the ridge path',
    excerpt: 'Sixty-one kilometres, two huts, one wrong turn worth taking.',
    tag: 'Walks',
    scenes: [
      { seed: 201, sky: noon, land: '#29463a', light: high(0.75) },
      { seed: 202, sky: noon, land: '#33513f', light: high(0.2) },
      { seed: 203, sky: dusk, land: '#2a2f3a', light: low(0.55) },
    ],
    paragraphs: [
      'The path keeps to the crest for most of its length, so you carry water and you see weather an hour before it reaches you.',
      'On the second day the marks fade where a slope has slid. Left looks right and leads down to a farm that sells cheese through a kitchen window. We lost two hours and regret none of them.',
      'The huts have no keeper in autumn. Leave the firewood as you found it, which means more than you found.',
    ],
  },
  {
    slug: 'reading-clouds-badly',
    title: 'Reading clouds badly',
    excerpt: 'Notes from a year of guessing the afternoon and writing down the score.',
    tag: 'Weather',
    scenes: [
      {
        seed: 301,
        sky: rain,
        land: '#30383c',
        light: { color: '#e9ecec', x: 0.6, y: 0.2, radius: 40 },
      },
    ],
    paragraphs: [
      'Every morning for a year I wrote one line: rain by four, or dry. The line won against a coin by eleven days.',
      'What helped was not the shape of the clouds but their speed, and whether the swallows were working high or low.',
      'What never helped was wanting it to stay dry.',
    ],
  },
  {
    slug: 'the-salt-road-at-night',
    title: 'The salt road at night',
    excerpt: 'Walking a trade route in the hours when it was used.',
    tag: 'Walks',
    scenes: [
      { seed: 401, sky: night, land: '#070d18', light: moon(0.3), stars: true },
      { seed: 402, sky: night, land: '#0a1120', light: moon(0.68), stars: true, water: true },
    ],
    paragraphs: [
      'Salt moved after dark because the tolls slept. The road is a groove now, knee-deep where it crosses chalk, and white enough to follow with no lamp.',
      'There is a spring at the halfway stone. Every traveller who wrote anything down wrote about that spring.',
    ],
  },
  {
    slug: 'an-island-in-the-off-season',
    title: 'An island in the off season',
    excerpt: 'The ferry runs twice a week and the museum opens if you find the key.',
    tag: 'Coasts',
    scenes: [
      { seed: 501, sky: dusk, land: '#1d2b33', light: low(0.68), water: true },
      {
        seed: 502,
        sky: rain,
        land: '#384347',
        light: { color: '#dfe5e5', x: 0.3, y: 0.2, radius: 38 },
        water: true,
      },
    ],
    paragraphs: [
      'Thirty-four people winter here. By the second evening all of them know what you had for breakfast.',
      'The key to the museum hangs in the pub, the key to the pub hangs at the harbour office, and the harbour office is never locked.',
      'I stayed four days for one ferry’s worth of weather. Bring a book you would not mind reading twice.',
    ],
  },
  {
    slug: 'first-frost-on-the-high-moor',
    title: 'First frost on the high moor',
    excerpt: 'The one morning of the year when the bog carries your weight.',
    tag: 'Weather',
    scenes: [
      { seed: 601, sky: frost, land: '#4a5568', light: high(0.5) },
      { seed: 602, sky: frost, land: '#56607a', light: high(0.82), water: true },
    ],
    paragraphs: [
      'You hear it before you see it: the whole moor ticks as the light reaches it.',
      'For about two hours the short way is open, straight across what is water for the rest of the year. Then it is not, and you had better be on the other side.',
    ],
  },
  {
    slug: 'how-to-draw-a-slow-map',
    title: 'How to draw a slow map',
    excerpt: 'Paper, one pencil, and the rule that you may only draw what you walked past.',
    tag: 'Maps',
    scenes: [
      { seed: 701, sky: ['#b8875e', '#e6c79c', '#f6ead2'], land: '#5a4632', light: high(0.25) },
    ],
    paragraphs: [
      'Start where you are, not where north is. Put down the first thing you would mention to a friend: the dog, the blue gate, the smell of the tannery.',
      'Distances are in minutes. A hill is as wide as it felt.',
      'When it is done, walk it the other way with the map turned round. Whatever you need to correct is the part you did not look at.',
    ],
  },
  {
    slug: 'the-lighthouse-keepers-log',
    title: 'The lighthouse keeper’s log',
    excerpt: 'Forty years of wind in one handwriting, and what it says about ours.',
    tag: 'Coasts',
    scenes: [
      { seed: 801, sky: night, land: '#0c1626', light: moon(0.5), stars: true, water: true },
      { seed: 802, sky: dawn, land: '#37485a', light: low(0.6), water: true },
    ],
    paragraphs: [
      'The log gives wind, visibility and one remark a day. Most remarks are “nothing”. The day the keeper’s daughter was born is “light NE, fair, a girl”.',
      'I copied a decade of it by hand. Somewhere in the third year you stop reading the numbers and begin to hear the place.',
    ],
  },
];
