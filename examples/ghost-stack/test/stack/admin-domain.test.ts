import { afterAll, beforeAll, expect, test } from 'vitest';
import { openBrowser, signInAtAdmin } from './browser.ts';
import { askEdge } from './edge.ts';
import { ensureOwner } from './people.ts';
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

test('the console is there, and nowhere on the public one', async () => {
  const ask = (host: string) => askEdge('/ghost/prosora/', { host });
  const [admin, open] = [await ask(ADMIN_DOMAIN), await ask(DOMAIN)];
  // Both find nothing, since nobody is signed in: what says so is the console there, and Ghost here.
  expect([admin.status, open.status]).toEqual([404, 404]);
  expect(admin.headers['content-security-policy']).toContain("frame-ancestors 'none'");
  expect(String(open.headers['content-security-policy'])).not.toContain("frame-ancestors 'none'");
});

test('the owner signs in there, and Admin shows the site in a frame', async () => {
  await using browser = await openBrowser();
  const { page, complaints } = browser;
  await signInAtAdmin(page, `https://${ADMIN_DOMAIN}`);
  await page.goto(`https://${ADMIN_DOMAIN}/ghost/#/site`);
  const site = page.frameLocator('iframe.site-frame, iframe#site-frame');
  // Whatever the newest post is by now.
  await site.locator('article').first().waitFor();
  expect(complaints).toEqual([]);
});
