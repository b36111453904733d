import { describe, expect, test } from 'vitest';
import { compose, docker } from './stack.ts';

/** What each service that is one file may add to Node's own image. */
const ADDED_AT_MOST = 15 * 1000 ** 2;

interface Image {
  Size: number;
  Config: {
    User: string;
    Healthcheck?: { Test: string[] };
    Labels: Record<string, string>;
  };
}

/** Where what we add is, when it is not in `/app`. */
const PLACES: Record<string, string> = {
  caddy: '/srv/tracker',
  ghost: '/opt/prosora/adapters/storage/prosora-cloudinary',
};

type Services = Record<string, { image: string; build?: { args: Record<string, string> } }>;

const { services } = JSON.parse(await compose(['config', '--format', 'json'])) as {
  services: Services;
};
const ours = Object.entries(services).filter(([, { build }]) => build !== undefined);

async function look(image: string): Promise<Image> {
  return (JSON.parse(await docker(['image', 'inspect', image])) as Image[])[0] as Image;
}

const read = (image: string, file: string) =>
  docker(['run', '--rm', '--entrypoint', 'cat', image, file]);

test('all services that are not other people’s have an image of ours', () => {
  expect(ours.map(([name]) => name).sort()).toEqual([
    'analytics',
    'caddy',
    'cdn',
    'console',
    'engine',
    'ghost',
    'mail',
    'ops',
    'sandbox',
    'webhooks',
  ]);
});

describe.each(ours)('the image of %s', (name, { image }) => {
  test('runs without rights, and says what it is and where it came from', async () => {
    const { Config } = await look(image);
    expect(Config.User).toBe('1000:1000');
    expect(Config.Labels).toMatchObject({
      'org.opencontainers.image.title': expect.any(String),
      'org.opencontainers.image.source': 'https://github.com/prosora/prosora',
      'org.opencontainers.image.licenses': 'MIT',
      'org.opencontainers.image.version': 'dev',
      'org.opencontainers.image.revision': 'unknown',
    });
  });

  test('has our licence beside what we added', async () => {
    expect(await read(image, `${PLACES[name] ?? '/app'}/LICENSE`)).toMatch(/^MIT License/);
  });
});

// The tracker, which Caddy's has, is ours alone.
test.each(ours.filter(([name]) => name !== 'caddy'))(
  'the image of %s says whose code is bundled in it',
  async (name, { image }) => {
    const dist = `${PLACES[name] ?? '/app'}/dist`;
    expect(await read(image, `${dist}/THIRD-PARTY-NOTICES.txt`)).toContain('MIT');
    const bill = JSON.parse(await read(image, `${dist}/sbom.cdx.json`));
    expect(bill.components.length).toBeGreaterThan(0);
  },
);

// What Caddy is asked stands in its mounted Caddyfile, and the image of `ops` is a command first: both questions stand in
// docker-compose.yml.
test.each(ours.filter(([name]) => !['caddy', 'ops'].includes(name)))(
  'the image of %s says how to ask whether it is well',
  async (_name, { image }) => {
    const [kind, ...command] = (await look(image)).Config.Healthcheck?.Test ?? [];
    // A shell or Node reads where the private listener is; in an image alone it is its own.
    expect(kind).toMatch(/^CMD(-SHELL)?$/);
    expect(command.join(' ')).toContain('127.0.0.1');
  },
);

test.each(['mail', 'webhooks', 'analytics', 'cdn', 'console'])(
  '%s adds at most 15 MB to the image of Node',
  async (name) => {
    const { image, build } = services[name] as Services[string];
    const node = await look(build?.args['NODE_IMAGE'] ?? '');
    expect((await look(image)).Size - node.Size).toBeLessThanOrEqual(ADDED_AT_MOST);
  },
);
