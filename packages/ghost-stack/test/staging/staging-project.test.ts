import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { effectiveSettings } from '../../src/settings/effective.ts';
import { readEnvFile } from '../../src/settings/env-file.ts';
import { FORWARDER, stagingPlaceOf, type Wanted } from '../../src/staging/staging-project.ts';
import { placeIn } from '../fixtures/place.ts';
import { stackFolder } from '../fixtures/stack-folder.ts';

interface Override {
  services: Record<
    string,
    { networks?: string[]; ports?: string[]; image?: string; environment?: object }
  >;
  networks: Record<string, { internal?: boolean }>;
}

function staging(wanted: Wanted) {
  const dir = stackFolder(
    'DOMAIN=blog.example.com\nANALYTICS=tinybird\nGHOST_IMAGE=ghost:6.65.0\n',
  );
  const place = stagingPlaceOf(placeIn(dir), effectiveSettings(dir, process.env), wanted);
  const folder = join(dir, '.prosora/care/staging');
  const override: Override = JSON.parse(readFileSync(join(folder, 'override.json'), 'utf8'));
  return { place, override, values: readEnvFile(folder).values };
}

test('one network alone is open, what stands on it is the forwarder, and it is reached from this machine alone', () => {
  const { override } = staging({ port: 2369, ghost: undefined });
  const open = Object.entries(override.networks).filter(([, { internal }]) => !internal);
  expect(open.map(([name]) => name)).toEqual(['loopback']);
  const on = Object.entries(override.services).filter(([, { networks }]) =>
    networks?.includes('loopback'),
  );
  expect(on.map(([name]) => name)).toEqual([FORWARDER]);
  const published = Object.values(override.services).flatMap(({ ports = [] }) => ports);
  expect(published).toEqual(['127.0.0.1:2369:2369']);
});

test('Ghost’s own address is that port, and no charts are asked for', () => {
  const { override, values } = staging({ port: 4000, ghost: undefined });
  expect(override.services['ghost']?.environment).toMatchObject({ url: 'http://127.0.0.1:4000' });
  expect(values).toMatchObject({ ANALYTICS: 'off', STAFF_DEVICE_VERIFICATION: 'false' });
  expect(override.services['ghost']).not.toHaveProperty('image');
});

test('another Ghost is an image of its own, so that the site’s stays as it is', () => {
  const { override, values, place } = staging({ port: 2369, ghost: 'ghost:6.70.0-alpine' });
  expect(override.services['ghost']?.image).toBe('blog-staging/ghost:trial');
  expect(values['GHOST_IMAGE']).toBe('ghost:6.70.0-alpine');
  expect(place.environment['GHOST_IMAGE']).toBe('ghost:6.70.0-alpine');
});
