import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import type { Manifest } from '../../src/repository/manifest.ts';
import { tellServices } from '../../src/restore/tell-services.ts';
import { startNoDocker } from '../fixtures/docker.ts';
import { placeIn } from '../fixtures/place.ts';

const backup = { startedAt: '2026-11-29T03:15:02Z' } as Manifest;
const TOLD = 'run --rm -T --no-deps analytics prosora-collector restored';
const told = (services: string[], only?: string) =>
  tellServices({ ...placeIn(tmpdir()), services }, backup, only);

test('page views that Tinybird may have are held, and a person is told how many', async () => {
  startNoDocker({}, [], {
    [TOLD]: { printed: 'Hits that may have been sent since are held: 12. `dead` shows them.' },
  });
  const [left, ...more] = await told(['ghost', 'analytics'], 'analytics');
  expect(left).toMatch(/^Page views that waited .* Tinybird may have them: 12\. /);
  expect(more).toEqual([]);
});

test('where none waited nothing is left to a person', async () => {
  startNoDocker({}, [], {
    [TOLD]: { printed: 'Nothing waited to be sent at the time of the backup.' },
  });
  expect(await told(['ghost', 'analytics'], 'analytics')).toEqual([]);
});

test('a collector that cannot be told is said', async () => {
  startNoDocker({}, [], { [TOLD]: { printed: '', code: 1 } });
  expect(await told(['analytics'], 'analytics')).toEqual([
    expect.stringContaining('may be counted twice'),
  ]);
});

test('before an engine, which knows what it has, the collector sends what waited', async () => {
  const { asked } = startNoDocker();
  expect(await told(['analytics', 'engine'], 'analytics')).toEqual([]);
  expect(asked().join('')).toBe('');
});
