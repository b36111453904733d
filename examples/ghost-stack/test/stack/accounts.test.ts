import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, expect, inject, test } from 'vitest';
import { askEdge } from './edge.ts';
import { compose, DOMAIN, docker, exec } from './stack.ts';

const envFile = path.join(inject('stack').dir, '.env');

/** Without the sandbox's profile, as on a server. */
function up(): Promise<string> {
  const { dir, project } = inject('stack');
  return docker(['compose', '--project-name', project, 'up', '--detach', '--wait'], { cwd: dir });
}

// The sandbox of the tests before goes on: a start without its profile has to leave it alone.
afterAll(async () => {
  await rm(envFile, { force: true });
  await compose(['up', '--detach', '--wait']);
});

test('without keys and without the sandbox’s profile the start is refused, and the log names every key', async () => {
  await expect(up()).rejects.toThrow(/setup/);
  const log = await compose(['logs', '--no-color', '--no-log-prefix', '--tail', '5', 'setup']);
  for (const name of ['DOMAIN', 'CLOUDINARY_URL', 'RESEND_API_KEY', 'RESEND_WEBHOOK_SECRET']) {
    expect(log).toContain(`${name} is not set`);
  }
});

test('with the keys in .env the same services are healthy on the vendors’ own addresses', async () => {
  await writeFile(
    envFile,
    [
      `DOMAIN=${DOMAIN}`,
      'CLOUDINARY_URL=cloudinary://421:a-secret@a-cloud',
      'RESEND_API_KEY=re_a_key_of_an_account',
      'RESEND_WEBHOOK_SECRET=whsec_YS1zZWNyZXQtb2YtMjQtYnl0ZXMtIQ==',
    ].join('\n'),
  );
  await up();
  expect((await askEdge('/')).status).toBe(200);
  expect(await exec('mail', 'cat', '/run/secrets/resend_base_url')).toBe('');
  expect(await exec('mail', 'cat', '/run/secrets/resend_api_key')).toBe('re_a_key_of_an_account');
  expect(await exec('ghost', 'cat', '/run/secrets/cloudinary_url')).toBe(
    'cloudinary://421:a-secret@a-cloud',
  );
  // The stand-ins' names are gone from the edge, so no certificate is asked for them.
  await expect(askEdge('/', { host: `sandbox.${DOMAIN}` })).rejects.toThrow();
  // Nothing that is signed is taken while Stripe is not connected.
  const { status } = await askEdge('/members/webhooks/stripe/', {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'stripe-signature': 't=1,v1=00' },
    body: '{}',
  });
  expect(status).toBe(400);
});
