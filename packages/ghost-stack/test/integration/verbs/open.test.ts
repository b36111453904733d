import { expect, test } from 'vitest';
import { prosora } from '../../fixtures/prosora.ts';
import { stackFolder } from '../../fixtures/stack-folder.ts';

test.each([
  ['COMPOSE_PROFILES=sandbox\n', 0, 'https://ghost.localhost/ghost/'],
  ['DOMAIN=blog.example.com\nADMIN_DOMAIN=admin.example.com\n', 0, 'https://admin.example.com/'],
  ['', 1, 'DOMAIN is not set in .env. `prosora init` asks for it.'],
])('with %j it ends with %i and says %s', async (env, code, words) => {
  expect(await prosora(stackFolder(env), ['open'])).toMatchObject({
    code,
    output: expect.stringContaining(words),
  });
});
