import { afterAll, beforeAll, expect, test } from 'vitest';
import { openBrowser } from './browser.ts';
import { askEdge } from './edge.ts';
import { ensureOwner, OWNER, signIn } from './people.ts';
import { compose, DOMAIN } from './stack.ts';

const ADMIN_DOMAIN = `admin.${DOMAIN}`;

beforeAll(async () => {
  await ensureOwner();
  await compose(['up', '--detach', '--wait'], { ADMIN_DOMAIN });
});
afterAll(async () => {
  await compose(['up', '--detach', '--wait']);
});

test('Admin is at its own domain, and nowhere on the public one', async () => {
  expect((await askEdge('/ghost/', { host: ADMIN_DOMAIN })).status).toBe(200);
  expect((await askEdge('/ghost/')).status).toBe(404);
  expect((await askEdge('/ghost/api/admin/site/')).status).toBe(404);
  expect((await askEdge('/')).status).toBe(200);
});

test('the owner signs in there, and the browser may show the site in a frame of Admin', async () => {
  await signIn(`https://${ADMIN_DOMAIN}`);
  const { headers } = await askEdge('/');
  expect(headers['content-security-policy']).toContain(`https://${ADMIN_DOMAIN}`);
});

test('Admin’s own sign-in page shows there without a complaint', async () => {
  await using browser = await openBrowser();
  const { page, complaints } = browser;
  await page.goto(`https://${ADMIN_DOMAIN}/ghost/`);
  await page.locator('input[name=identification]').fill(OWNER.email);
  expect(complaints).toEqual([]);
});
