import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { SMTPServer } from 'smtp-server';
import { expect, onTestFinished, test } from 'vitest';
import { channelsOf } from '../../../src/notify/channels.ts';

test.each([
  ['from its address', 'watch@example.org', 'watch@example.org'],
  ['and without another from the person’s own', '', 'me@example.org'],
])('a mail goes through the account that is named, %s', async (_what, sender, from) => {
  const got: { user: unknown; to: string[]; mail: string }[] = [];
  const server = new SMTPServer({
    allowInsecureAuth: true,
    disabledCommands: ['STARTTLS'],
    onAuth: ({ username }, _session, done) => done(null, { user: username ?? '' }),
    async onData(stream, { user, envelope }, done) {
      got.push({
        user,
        to: envelope.rcptTo.map(({ address }) => address),
        mail: await text(stream),
      });
      done();
    },
  });
  onTestFinished(() => void server.close());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.server.address() as AddressInfo;
  const [channel] = channelsOf({
    NOTIFY_EMAIL: 'me@example.org',
    NOTIFY_EMAIL_FROM: sender,
    NOTIFY_SMTP_URL: `smtp://watch:secret@127.0.0.1:${port}`,
  });
  await channel?.send({ title: 'The disk is full', text: 'Make room.', kind: 'problem' });
  expect(got).toMatchObject([{ user: 'watch', to: ['me@example.org'] }]);
  expect(got[0]?.mail).toContain(
    `From: ${from}\r\nTo: me@example.org\r\nSubject: The disk is full\r\n`,
  );
  expect(got[0]?.mail).toContain('Make room.');
});
