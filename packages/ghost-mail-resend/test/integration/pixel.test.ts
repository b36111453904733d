import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  getEvents,
  type MailLab,
  newsletterForm,
  post,
  startMailLab,
  until,
} from '../bridge-with-resend.ts';

let lab: MailLab;
beforeAll(async () => {
  lab = await startMailLab({ bridge: { pixelOrigin: 'https://mail.example.com' } });
});
afterAll(() => lab[Symbol.asyncDispose]());

/** The path of the pixel in the mail to an address; undefined without one. */
async function pixelOf(address: string, changes: Record<string, string | null>) {
  await post(
    lab,
    newsletterForm([address], { 'v:email-id': address.split('@')[0] ?? '', ...changes }),
  );
  await until(() => lab.resend.inbox.list(address).length === 1);
  const { html } = lab.resend.inbox.get(lab.resend.inbox.list(address)[0]?.id ?? '');
  return /<img src="https:\/\/mail\.example\.com(\/o\/[^"]+)"/.exec(html ?? '')?.[1];
}

const opensOf = async (address: string) =>
  (await getEvents(lab, { event: 'opened' })).items.filter((item) => item.recipient === address);

describe('our own open pixel', () => {
  test('counts the first open of a mail, and is a picture that nobody keeps', async () => {
    const path = await pixelOf('reader@example.org', {});
    for (let open = 0; open < 3; open++) {
      const picture = await fetch(lab.bridge.url + path);
      expect(picture.headers.get('content-type')).toBe('image/gif');
      expect(picture.headers.get('cache-control')).toContain('no-store');
      expect(
        Buffer.from(await picture.arrayBuffer())
          .subarray(0, 6)
          .toString(),
      ).toBe('GIF89a');
    }
    expect(await opensOf('reader@example.org')).toHaveLength(1);
  });

  test('is only in mails of which Ghost asked for opens', async () => {
    expect(await pixelOf('private@example.org', { 'o:tracking-opens': null })).toBeUndefined();
  });

  test('with a name that the bridge did not make is a picture and counts nothing', async () => {
    const path = (await pixelOf('other@example.org', {})) ?? '';
    const forged = path.replace(/-0\./, '-1.');
    expect(forged).not.toBe(path);
    expect((await fetch(lab.bridge.url + forged)).status).toBe(200);
    expect((await fetch(`${lab.bridge.url}/o/nonsense.gif`)).status).toBe(200);
    expect(await opensOf('other@example.org')).toEqual([]);
  });
});
