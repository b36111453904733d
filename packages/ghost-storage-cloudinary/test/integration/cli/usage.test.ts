import { expect, test } from 'vitest';
import { startCommandSite } from '../../fixtures/command.ts';

test('usage says what is used of the plan, in words and for a program', async () => {
  await using site = await startCommandSite();
  site.cloudinary.settings.set({ creditsUsed: 3, creditLimit: 25 });
  const { code, stdout } = await site.run('usage', '--json');
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    cloudName: 'prosora',
    plan: 'Free',
    updatedAt: expect.stringMatching(/^\d{4}-\d{2}-\d{2}$/),
    credits: { usage: 3, limit: 25 },
    storageBytes: 0,
    // The account does not tell them.
    bandwidthBytes: null,
    originals: 0,
  });
  const words = (await site.run('usage')).stdout;
  expect(words).toMatch(/^credits: 3 of 25$/m);
  expect(words).not.toContain('bandwidth');
});
