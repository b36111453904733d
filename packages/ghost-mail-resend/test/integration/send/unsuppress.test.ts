import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type MailLab, membersOf, startMailLab, until } from '../../fixtures/bridge-with-resend.ts';

let lab: MailLab;
let next = 0;
beforeAll(async () => {
  lab = await startMailLab();
});
afterAll(() => lab[Symbol.asyncDispose]());
beforeEach(() => {
  lab.resend.faults.clear();
  lab.resend.requests.clear();
});

/** Suppresses members at Resend, and has the bridge take all of them off its list again. */
async function enableAgain(members: readonly string[]): Promise<void> {
  const { apiKey, url } = lab.resend;
  await fetch(`${url}/suppressions/batch/add`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}` },
    body: JSON.stringify({ emails: members }),
  });
  expect(lab.resend.inbox.suppressions()).toHaveLength(members.length);
  const { store, suppressions } = await lab.look();
  await store.transaction(async (tx) => {
    for (const member of members) {
      await suppressions.add(`unsuppress-test-${next++}`, Buffer.from(member), { tx });
    }
  });
  await until(() => lab.resend.inbox.suppressions().length === 0);
  await until(async () => (await suppressions.counts()).done === next);
}

const calls = (path: RegExp) => lab.resend.requests.list(path).map(({ status }) => status);
const BATCH = /^\/suppressions\/batch\/remove$/;
const SINGLE = /^\/suppressions\/[^/]+$/;

describe('members that Ghost enables again', () => {
  test('come off the list of Resend together, in one call', async () => {
    await enableAgain(membersOf(40));
    expect(calls(BATCH)).toEqual([200]);
    expect(calls(SINGLE)).toEqual([]);
  });

  test('come off it alone where there is but one', async () => {
    await enableAgain(membersOf(1));
    expect(calls(BATCH)).toEqual([]);
    expect(calls(SINGLE)).toEqual([200]);
  });

  test.each([404, 405, 422])(
    'come off it one by one where Resend answers %i',
    async (statusCode) => {
      const body = { statusCode, name: 'no', message: 'no' };
      const fault = { status: statusCode, body };
      lab.resend.faults.set([{ match: { path: BATCH }, fault }]);
      await enableAgain(membersOf(5));
      expect(calls(SINGLE)).toEqual(Array(5).fill(200));
    },
  );
});
