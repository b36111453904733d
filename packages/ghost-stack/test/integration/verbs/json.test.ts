import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { status } from '../../../src/verbs/status.ts';
import { startNoDocker } from '../../fixtures/docker.ts';
import { PROSORA, prosora } from '../../fixtures/prosora.ts';
import { stackFolder } from '../../fixtures/stack-folder.ts';

test('looks that are watched are one list for a program', async () => {
  startNoDocker();
  const looks: unknown[] = [];
  await status.run({
    args: [],
    flags: { watch: true as never },
    options: { dir: stackFolder('') },
    print: (line) => expect.unreachable(line),
    show: () => {},
    async showEach(items) {
      for await (const item of items) if (looks.push(item) === 2) return;
    },
  });
  expect(looks).toMatchObject([[{ service: 'caddy' }], [{ service: 'caddy' }]]);
});

test('init whose words go to a program asks nobody, even where somebody sits', async () => {
  startNoDocker();
  const dir = stackFolder('');
  const command = `timeout 20 ${PROSORA.join(' ')} init --json > said`;
  await prosora(dir, ['-qec', command, '/dev/null'], { program: ['script'] });
  expect(JSON.parse(readFileSync(join(dir, 'said'), 'utf8'))).toMatchObject({
    error: { code: 'ANSWERS', message: expect.stringContaining('DOMAIN is not set') },
  });
});
