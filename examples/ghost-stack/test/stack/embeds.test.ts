import { lexicalDocument, paragraph } from '@prosora/ghost-local';
import { expect, test } from 'vitest';
import { openBrowser } from './browser.ts';
import { signIn } from './people.ts';
import { DOMAIN } from './stack.ts';

test('a post shows a page of another site, and a member comments under it', async () => {
  const admin = await signIn();
  await admin.settings.edit({ comments_enabled: 'all' });
  const html = `<iframe id="other" src="https://resend.sandbox.${DOMAIN}/inbox"></iframe>`;
  const post = await admin.posts.add({
    title: 'Looks elsewhere',
    lexical: lexicalDocument(paragraph('See there:'), { type: 'html', version: 1, html }),
    status: 'published',
  });
  const email = `commenter-${Date.now()}@example.org`;
  const member = await admin.members.add({ name: 'Bea Commenter', email });
  type Urls = { member_signin_urls: { url: string }[] };
  const { member_signin_urls } = await admin.request<Urls>(
    'GET',
    `members/${member.id}/signin_urls`,
  );

  await using browser = await openBrowser();
  const { page, complaints } = browser;
  await page.goto(member_signin_urls[0]?.url ?? '');
  await page.goto(post.url);
  await page.frameLocator('#other').getByRole('heading').first().waitFor();
  const comments = page.frameLocator('iframe[title="comments-frame"]');
  await comments.getByTestId('editor').first().focus();
  await page.keyboard.type('Well seen.');
  await comments
    .getByRole('button', { name: /comment/i })
    .last()
    .click();
  await comments.locator('p', { hasText: 'Well seen.' }).waitFor();
  expect(complaints).toEqual([]);
});
