import sharp from 'sharp';

/** What one generated landscape looks like; the same scene always gives the same bytes. */
export interface Scene {
  seed: number;
  /** Colours of the sky from the top down to the horizon. */
  sky: [string, string, string];
  /** Nearest hills; those behind fade towards the horizon's colour. */
  land: string;
  /** Sun or moon: its colour and its place as parts of width and height. */
  light: { color: string; x: number; y: number; radius: number };
  stars?: boolean;
  water?: boolean;
}

/** Pixels of every picture: more than any size Ghost asks for. */
export const PICTURE_SIZE = { width: 2400, height: 1600 };

const { width: WIDTH, height: HEIGHT } = PICTURE_SIZE;
const LAYERS = 6;

/** Renders a scene as a JPEG. */
export async function paint(scene: Scene): Promise<Uint8Array<ArrayBuffer>> {
  const random = randomFrom(scene.seed);
  const { light, sky } = scene;
  const horizon = scene.water ? 0.62 : 0.5;
  const layers = Array.from({ length: LAYERS }, (_, layer) => hills(scene, horizon, layer, random));
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}">
    <defs>
      <linearGradient id="sky" x1="0" y1="0" x2="0" y2="1">
        ${sky.map((color, stop) => `<stop offset="${stop * 0.36}" stop-color="${color}"/>`).join('')}
      </linearGradient>
      <radialGradient id="glow">
        <stop offset="0" stop-color="${light.color}" stop-opacity="0.75"/>
        <stop offset="0.4" stop-color="${light.color}" stop-opacity="0.2"/>
        <stop offset="1" stop-color="${light.color}" stop-opacity="0"/>
      </radialGradient>
    </defs>
    <rect width="${WIDTH}" height="${HEIGHT}" fill="url(#sky)"/>
    ${scene.stars ? stars(random) : ''}
    <circle cx="${light.x * WIDTH}" cy="${light.y * HEIGHT}" r="${light.radius * 7}" fill="url(#glow)"/>
    <circle cx="${light.x * WIDTH}" cy="${light.y * HEIGHT}" r="${light.radius}" fill="${light.color}"/>
    ${layers.join('')}
    ${scene.water ? water(scene, random) : ''}
  </svg>`;
  return new Uint8Array(await sharp(Buffer.from(svg)).jpeg({ quality: 86 }).toBuffer());
}

/** One ridge line, as a sum of waves that grow rougher towards the viewer. */
function hills(scene: Scene, horizon: number, layer: number, random: () => number): string {
  const depth = (layer + 1) / LAYERS;
  const base = HEIGHT * (horizon + (1 - horizon) * 0.8 * (depth - 1 / LAYERS));
  const waves = Array.from({ length: 7 }, (_, octave) => ({
    height: (HEIGHT * 0.09) / 1.75 ** octave,
    length: WIDTH / (1.1 + random()) / 1.9 ** octave,
    phase: random() * Math.PI * 2,
  }));
  const points: string[] = [];
  for (let x = 0; x <= WIDTH; x += 8) {
    const rise = waves.reduce(
      (sum, w) => sum + w.height * Math.sin((x / w.length) * 2 * Math.PI + w.phase),
      0,
    );
    points.push(`${x},${(base + rise).toFixed(1)}`);
  }
  const color = mixed(scene.sky[2], scene.land, depth ** 1.4);
  return `<polygon points="0,${HEIGHT} ${points.join(' ')} ${WIDTH},${HEIGHT}" fill="${color}"/>`;
}

function stars(random: () => number): string {
  const star = () =>
    `<circle cx="${(random() * WIDTH).toFixed()}" cy="${(random() * HEIGHT * 0.5).toFixed()}" ` +
    `r="${(0.8 + random() * 2.4).toFixed(1)}" fill="#fff" opacity="${(0.3 + random() * 0.7).toFixed(2)}"/>`;
  return Array.from({ length: 260 }, star).join('');
}

function water({ sky, light }: Scene, random: () => number): string {
  const top = HEIGHT * 0.78;
  const glints = Array.from({ length: 90 }, () => {
    const y = top + random() ** 1.6 * (HEIGHT - top);
    const width = 40 + ((y - top) / (HEIGHT - top)) * 420 * random();
    const x = light.x * WIDTH + (random() - 0.5) * (200 + (y - top) * 2.2) - width / 2;
    return `<rect x="${x.toFixed()}" y="${y.toFixed()}" width="${width.toFixed()}" height="4" rx="2"
      fill="${light.color}" opacity="${(0.12 + random() * 0.4).toFixed(2)}"/>`;
  });
  return `<rect y="${top}" width="${WIDTH}" height="${HEIGHT - top}" fill="${mixed(sky[1], sky[0], 0.55)}"/>${glints.join('')}`;
}

function mixed(from: string, to: string, part: number): string {
  const channels = (color: string) =>
    [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16));
  const [a, b] = [channels(from), channels(to)];
  const mix = a.map((value, i) => Math.round(value + ((b[i] ?? value) - value) * part));
  return `#${mix.map((value) => value.toString(16).padStart(2, '0')).join('')}`;
}

/** Mulberry32: small, seeded, and good enough for clouds of stars. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
