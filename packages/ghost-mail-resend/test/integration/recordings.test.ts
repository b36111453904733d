import { readdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DOMAIN, type MailLab, startMailLab, until } from '../fixtures/bridge-with-resend.ts';

const RECORDED = new URL('../fixtures/mail/', import.meta.url);
const names = readdirSync(RECORDED).filter((name) => name.endsWith('.http'));
const named = (part: string) => names.filter((name) => name.includes(part));

let lab: MailLab;
beforeAll(async () => {
  // The key that Ghost had when it was recorded.
  const site = { name: 'ghost', apiKey: 'key-lab-0123456789', domains: [DOMAIN] };
  lab = await startMailLab({ bridge: { sites: [site] } });
});
afterAll(() => lab[Symbol.asyncDispose]());

/** Sends the recorded bytes as they are, and reads the answer off the socket. */
async function replay(name: string): Promise<{ status: number; body: Record<string, unknown> }> {
  const socket = connect(Number(new URL(lab.bridge.url).port), '127.0.0.1');
  // The recordings keep the connection alive: the half-close is what lets the server end it.
  socket.end(readFileSync(new URL(name, RECORDED)));
  const answer = await text(socket);
  const [head = '', body = ''] = answer.split('\r\n\r\n');
  return { status: Number(head.split(' ')[1]), body: JSON.parse(body) };
}

describe("Ghost's recorded requests, byte for byte", () => {
  test.each(names.filter((name) => /^[01]/.test(name)))('%s is taken and sent', async (name) => {
    const { status, body } = await replay(name);
    expect(status).toBe(200);
    expect(body).toEqual({
      id: expect.stringMatching(/^<[\w-]+@mg\.lab\.example\.com>$/),
      message: 'Queued. Thank you.',
    });
    // Repeated, it is the same mail, except that a test mail is a new one each time.
    const again = await replay(name);
    expect(again.body['id'] === body['id']).toBe(!name.includes('test-email'));
  });

  test('every recipient has one mail with nothing left to fill in', async () => {
    // Four of the newsletter, two test mails, one automation, one gift.
    await until(() => lab.resend.inbox.list().length >= 8);
    const mails = lab.resend.inbox.list().map(({ id }) => lab.resend.inbox.get(id));
    expect(mails).toHaveLength(8);
    for (const { subject, html, text: plain, headers } of mails) {
      const whole = JSON.stringify([subject, html, plain, headers]);
      // One made-up member is called "%recipient.uuid%".
      expect(whole.replaceAll('Bob %recipient.uuid%', '')).not.toMatch(
        /%recipient\.(?!uuid)|%tag_/,
      );
    }
  });

  test.each(named('events'))('%s is answered with a page', async (name) => {
    const { status, body } = await replay(name);
    if (/page[2-9]/.test(name)) {
      // Those carry the token of the mock they were recorded with.
      expect(status).toBe(400);
      expect(body['error']).toMatch(/^The page of this request/);
      return;
    }
    expect(status).toBe(200);
    expect(body['items']).toEqual([]);
    for (const url of Object.values(body['paging'] as object)) expect(URL.canParse(url)).toBe(true);
  });

  test.each([...named('suppression'), ...named('complaint')])(
    '%s is answered 200',
    async (name) => {
      expect((await replay(name)).status).toBe(200);
    },
  );
});
