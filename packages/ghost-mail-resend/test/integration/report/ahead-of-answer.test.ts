import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';
import { systemClock } from '@prosora/durable';
import { hasTestServer, startTestServer } from '@prosora/durable/testing';
import { listen } from '@prosora/service';
import { expect, test, vi } from 'vitest';
import { receiveWebhook } from '../../../src/report/webhook.ts';
import { leaveInDoubt } from '../../../src/store/states.ts';
import type { OpenedMailStore } from '../../../src/store/store.ts';
import {
  acceptForm,
  membersOf,
  newsletterForm,
  post,
  startMailLab,
  until,
} from '../../fixtures/bridge-with-resend.ts';

/** What Resend says of the mail at a place of its message. */
const tell = (opened: OpenedMailStore, tag: string, emailId: string, svixId = `msg_${tag}`) =>
  receiveWebhook({ ...opened, clock: systemClock }, svixId, {
    type: 'email.delivered',
    created_at: new Date().toISOString(),
    data: { email_id: emailId, tags: { gb_r: tag } },
  });

test('an id that a webhook told is kept when the answer to the batch has too few', async () => {
  let opened: OpenedMailStore | undefined;
  const server = createServer(async (request, response) => {
    const mails = (await json(request)) as { tags: { value: string }[] }[];
    for (const [index, { tags }] of mails.entries()) {
      if (opened !== undefined) await tell(opened, tags[0]?.value ?? '', `told-${index}`);
    }
    const answer = JSON.stringify({ data: [{ id: 'only-one' }] });
    response.writeHead(200, { 'content-type': 'application/json' }).end(answer);
  });
  const { url: resendBaseUrl, close } = await listen(server, { host: '127.0.0.1', port: 0 });
  {
    await using lab = await startMailLab({ bridge: { resendBaseUrl } });
    opened = await lab.look();
    await post(lab, newsletterForm(membersOf(2)));
    await until(() => lab.log.some((line) => line.includes('"outcome":"done"')));
    const rows = await opened.store.db
      .selectFrom('recipient')
      .select(['state', 'resend_id'])
      .orderBy('position')
      .execute();
    expect(rows).toEqual([
      { state: 'sent', resend_id: 'told-0' },
      { state: 'sent', resend_id: 'told-1' },
    ]);
  }
  await close(0);
});

test.skipIf(!hasTestServer)(
  'a mail is sent whose webhook was being written when another process gave its call up (needs mariadb-server)',
  async () => {
    await using server = await startTestServer();
    await using lab = await startMailLab({ place: await server.place('ahead') });
    await lab.bridge.stop();
    const [opened, other, third] = [await lab.look(), await lab.look(), await lab.look()];
    const { messageId } = await acceptForm(opened, newsletterForm(membersOf(1)));
    const tag = `${messageId}-0`;
    const { id } = await opened.store.db.selectFrom('chunk').select('id').executeTakeFirstOrThrow();
    // The webhook has read the recipient, and waits for another with its id.
    const release = Promise.withResolvers<void>();
    const rows = { svix_id: 'msg_same', seen_at: 1 };
    const begun = Promise.withResolvers<void>();
    const blocking = other.store
      .transaction(async (tx) => {
        await tx.insertInto('webhook_seen').values(rows).execute();
        begun.resolve();
        await release.promise;
        throw new Error('never mind');
      })
      .catch(() => undefined);
    await begun.promise;
    const telling = tell(opened, tag, 'told', 'msg_same');
    const waits = `select trx_id from information_schema.innodb_trx where trx_state = 'LOCK WAIT'`;
    // The server keeps this view for as long as it is asked more often than every 100 ms.
    await vi.waitUntil(async () => ((await server.query(waits)) as unknown[]).length > 0, {
      timeout: 4_000,
      interval: 200,
    });
    await third.store.transaction((tx) => leaveInDoubt(tx, { id, keyed_at: 1 }));
    release.resolve();
    await blocking;
    expect(await telling).toBe('recorded');
    const state = opened.store.db.selectFrom('recipient').select('state');
    expect(await state.execute()).toEqual([{ state: 'sent' }]);
  },
);
