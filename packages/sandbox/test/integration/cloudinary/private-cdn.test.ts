import { expect, test } from 'vitest';
import { dataUri, redAndBlue, startWithSdk } from '../../fixtures/cloudinary-with-sdk.ts';

test('a private CDN delivers without the cloud name in the path', async () => {
  await using context = await startWithSdk({ vendors: { cloudinary: { privateCdn: true } } });
  const png = dataUri(await redAndBlue(60, 40));
  const { secure_url: url } = await context.sdk.uploader.upload(png, { public_id: 'a/b' });
  expect(new URL(url).pathname).toMatch(/^\/image\/upload\/v\d+\/a\/b\.png$/);
  expect((await fetch(url)).status).toBe(200);
  expect((await fetch(context.urlOf('a/b', { format: 'png', width: 30 }))).status).toBe(200);
  const shared = url.replace('/image/', '/prosora/image/');
  expect((await fetch(shared)).status).toBe(404);
});
