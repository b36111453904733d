import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type ExportedRecipient, exportRecipients, toCsvLine } from '../../src/export.ts';
import { cancelNewsletter, pauseNewsletter, resumeNewsletter } from '../../src/operate.ts';
import { readProgress } from '../../src/status.ts';
import type { OpenedMailStore } from '../../src/store.ts';
import {
  getEvents,
  type MailLab,
  mailsByAddress,
  membersOf,
  newsletterForm,
  post,
  startMailLab,
  until,
} from '../bridge-with-resend.ts';

const EMAIL_ID = '6b04ac398120085ae4c38cc2';
let lab: MailLab;
let opened: OpenedMailStore;

beforeEach(async () => {
  lab = await startMailLab({ settings: { requestsPerSecond: 2 } });
  opened = await lab.look();
});
afterEach(() => lab[Symbol.asyncDispose]());

async function exported(failedOnly: boolean): Promise<ExportedRecipient[]> {
  const all = [];
  for await (const each of exportRecipients(opened.store, EMAIL_ID, { failedOnly })) all.push(each);
  return all;
}

const sent = () => lab.resend.inbox.list().length;

describe('a newsletter that is being sent', () => {
  test('is paused, says so, and goes on where it was; each member gets one mail', async () => {
    const members = membersOf(700);
    await post(lab, newsletterForm(members));
    await until(() => sent() >= 100);
    expect(await pauseNewsletter(opened, EMAIL_ID)).toBeGreaterThan(0);
    await until(async () => (await opened.queues.chunks.counts()).ready === undefined);
    const before = sent();
    // What Ghost posts meanwhile waits too.
    await post(lab, newsletterForm(['late@example.org']));
    const [progress] = await readProgress(opened.store, EMAIL_ID);
    expect(progress).toMatchObject({ decision: 'paused', accepted: 701, doneAt: null });
    expect(sent()).toBe(before);
    await resumeNewsletter(opened, EMAIL_ID);
    await until(() => sent() === 701);
    expect(mailsByAddress(lab.resend)).toEqual(
      new Map([...members, 'late@example.org'].map((member) => [member, 1])),
    );
  });

  test('is canceled: who was not sent it gets nothing, and Ghost is told so', async () => {
    await post(lab, newsletterForm(membersOf(700)));
    await until(() => sent() >= 100);
    const canceled = await cancelNewsletter(opened, EMAIL_ID);
    expect(canceled).toBeGreaterThan(0);
    await until(async () => (await readProgress(opened.store, EMAIL_ID))[0]?.queued === 0);
    const [progress] = await readProgress(opened.store, EMAIL_ID);
    expect(progress).toMatchObject({ decision: 'canceled', accepted: 700, sent: sent() });
    expect(sent() + (progress?.canceled ?? 0)).toBe(700);
    const { items } = await getEvents(lab, { event: 'failed' });
    expect(items[0]?.['delivery-status']).toMatchObject({
      code: 550,
      message: 'The newsletter was canceled before this mail was sent.',
    });
    await expect(resumeNewsletter(opened, EMAIL_ID)).rejects.toMatchObject({ code: 'CANCELED' });
    await post(lab, newsletterForm(['late@example.org']));
    await until(async () => (await readProgress(opened.store, EMAIL_ID))[0]?.queued === 0);
    expect(lab.resend.inbox.list('late@example.org')).toEqual([]);
  });

  test('is shown with its rate and when it will be done, and exported with what became of it', async () => {
    await post(lab, newsletterForm([...membersOf(400), 'no-dot@localhost']));
    await until(() => sent() >= 100);
    await until(async () => Number((await readProgress(opened.store, EMAIL_ID))[0]?.rate) > 0);
    const [progress] = await readProgress(opened.store, EMAIL_ID);
    expect(progress?.doneAt?.getTime()).toBeGreaterThan(Date.now());
    await until(async () => (await readProgress(opened.store, EMAIL_ID))[0]?.delivered === 400);
    const all = await exported(false);
    expect(all).toHaveLength(401);
    expect(await exported(true)).toMatchObject([
      { address: 'no-dot@localhost', state: 'failed', code: 550 },
    ]);
  });

  test('of which the bridge holds nothing is named', async () => {
    await expect(pauseNewsletter(opened, 'nothing')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

test('text that a spreadsheet would run is led by an apostrophe', () => {
  expect(toCsvLine(['=1+1', 'a,"b"', null, -5])).toBe('\'=1+1,"a,""b""",,-5');
});
