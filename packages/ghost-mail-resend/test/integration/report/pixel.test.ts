import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  getEvents,
  type MailLab,
  newsletterForm,
  post,
  startMailLab,
  until,
} from '../../fixtures/bridge-with-resend.ts';

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

  const openAs = (path: string | undefined, agent: string, { bridge } = lab) =>
    fetch(`${bridge.url}${path}`, { headers: { 'user-agent': agent } });
  const botsOf = async (address: string) =>
    (await opensOf(address)).map((item) => item['client-info'] ?? null);

  test('says in the words of Mailgun which program an open is by, and counts the reader besides', async () => {
    const path = await pixelOf('apple@example.org', {});
    for (const agent of ['Mozilla/5.0', 'Mozilla/5.0', 'curl/8.5.0']) await openAs(path, agent);
    expect(await botsOf('apple@example.org')).toEqual([{ bot: 'apple' }]);
    await openAs(path, 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X)');
    await openAs(path, 'curl/8.5.0');
    expect(await botsOf('apple@example.org')).toEqual([{ bot: 'apple' }, null]);
    const metrics = await (await fetch(`${lab.bridge.privateUrl}/metrics`)).text();
    expect(metrics).toMatch(/pixel_opens_total\{bot="apple",service="mail"\} 1/);
  });

  test('leaves a program that comes after the reader out', async () => {
    const path = await pixelOf('first@example.org', {});
    await openAs(path, 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X)');
    await openAs(path, 'Mozilla/5.0');
    expect(await botsOf('first@example.org')).toEqual([null]);
  });

  test('tells nothing of opens by programs when they are to be dropped', async () => {
    const bridge = { pixelOrigin: 'https://mail.example.com', botOpens: 'drop' } as const;
    await using own = await startMailLab({ bridge });
    await post(own, newsletterForm(['reader@example.org']));
    await until(() => own.resend.inbox.list().length === 1);
    const { html } = own.resend.inbox.get(own.resend.inbox.list()[0]?.id ?? '');
    const path = /example\.com(\/o\/[^"]+)"/.exec(html ?? '')?.[1];
    const answer = await openAs(path, 'Mozilla/5.0', own);
    expect(answer.headers.get('content-type')).toBe('image/gif');
    expect((await getEvents(own, { event: 'opened' })).items).toEqual([]);
    await openAs(path, 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X)', own);
    expect((await getEvents(own, { event: 'opened' })).items).toHaveLength(1);
  });
});
