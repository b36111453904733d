import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { throwAway } from '../../src/drill/closed-project.ts';
import type { Place } from '../../src/repository/place.ts';
import { compose, docker } from '../../src/stack/compose.ts';

const PROJECT = 'prosora-thrown';

test('of a rehearsal of what watches the site nothing is left either', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'prosora-thrown-'));
  const image = 'redis:7-alpine';
  const metrics = { image, profiles: ['watch'], volumes: ['kept:/kept'] };
  const file = { services: { setup: { image }, metrics }, volumes: { kept: {} } };
  const path = join(dir, 'docker-compose.yml');
  writeFileSync(path, JSON.stringify(file));
  const project = ['--project-name', PROJECT, '--file', path];
  await compose(dir, [...project, 'create', 'metrics']);

  await throwAway({ dir, project, environment: { COMPOSE_PROFILES: '' } } as unknown as Place);
  const filter = ['--filter', `label=com.docker.compose.project=${PROJECT}`];
  expect(await docker(dir, ['ps', '--all', '--quiet', ...filter])).toBe('');
  expect(await docker(dir, ['volume', 'ls', '--quiet', ...filter])).toBe('');
});
