import assert from 'node:assert/strict';
import type { AdminClient, GhostMember } from '@prosora/ghost-local';
import { READERS_LABEL } from '../seed.ts';
import type { Proof, Site } from '../site.ts';
import { until } from '../until.ts';

/** So many readers open the mail. */
const OPENS = 9;

/** Ghost leaves events alone that are younger than a minute (`email-analytics-service.js`). */
const GHOSTS_MARGIN_MS = 61_500;

/** A newsletter of this run. */
interface SentNewsletter {
  emailId: string;
  members: GhostMember[];
  /** When the last of Resend's webhooks was taken. */
  toldAt: number;
}

/**
 * What the mail bridge promises. The first proof sends; the second reads the outcome in Ghost, which
 * waits a minute before it does, so others belong between them.
 */
export function newsletterProofs(): [sent: Proof, seen: Proof] {
  let newsletter: SentNewsletter | undefined;
  return [
    {
      claim: 'a newsletter reaches each member once, with their own name and unsubscribe link',
      async prove(site) {
        const members = await readersOfThisRun(site.admin);
        const emailId = await publishNewsletter(site.admin);
        await eachGetsTheirOwn(site, members, emailId);
        newsletter = { emailId, members, toldAt: await theirFate(site, members) };
        return `${members.length} members, ${members.length} mails`;
      },
    },
    {
      claim: 'delivered, opened and bounced show in Ghost’s own e-mail analytics',
      async prove({ ghost, admin }) {
        assert(newsletter, 'No newsletter was sent in this run.');
        const { emailId, members, toldAt } = newsletter;
        await until(
          'Ghost’s margin',
          () => Date.now() > toldAt + GHOSTS_MARGIN_MS || undefined,
          90_000,
        );
        await ghost.fetchEmailAnalytics();
        const { delivered_count, opened_count, failed_count } = await admin.emails.read(emailId);
        assert.deepEqual(
          { delivered_count, opened_count, failed_count },
          { delivered_count: members.length - 1, opened_count: OPENS, failed_count: 1 },
        );
        return `${delivered_count} delivered, ${opened_count} opened, ${failed_count} bounced`;
      },
    },
  ];
}

/** The seeded readers, and one whose address refuses mail, new in each run since Ghost then stops mailing it. */
async function readersOfThisRun(admin: AdminClient): Promise<GhostMember[]> {
  const gone = await admin.members.add({
    email: `bounced+${Date.now()}@resend.dev`,
    name: 'Moved Away',
    labels: [READERS_LABEL],
  });
  const readers = await admin.members.browse({
    filter: `label:readers+email:~$'@example.org'`,
    limit: 100,
  });
  return [...readers, gone];
}

async function publishNewsletter(admin: AdminClient): Promise<string> {
  const card = { type: 'email', version: 1, html: '<p>Hey {first_name}, this one is for you.</p>' };
  const root = {
    type: 'root',
    version: 1,
    direction: null,
    format: '',
    indent: 0,
    children: [card],
  };
  const [newsletter] = await admin.newsletters.browse();
  const draft = await admin.posts.add({
    title: `Proof of ${new Date().toISOString()}`,
    lexical: JSON.stringify({ root }),
    email_only: true,
    tags: [{ name: '#proof' }],
  });
  const post = await admin.posts.publish(draft.id, {
    newsletter: newsletter?.slug ?? '',
    emailSegment: 'label:readers',
  });
  assert(post.email, 'Ghost made no e-mail of the post.');
  return post.email.id;
}

async function eachGetsTheirOwn(
  site: Site,
  members: GhostMember[],
  emailId: string,
): Promise<void> {
  const { inbox } = site.sandbox.resend;
  const mailsTo = ({ email }: GhostMember) =>
    inbox
      .list(email)
      .map(({ id }) => inbox.get(id))
      .filter(({ tags }) => tags?.some(({ value }) => value === emailId));
  for (const member of members) {
    await until(`a mail to ${member.email}`, () => mailsTo(member)[0]);
  }
  for (const member of members) {
    const [mail, ...more] = mailsTo(member);
    assert.equal(more.length, 0, `${member.email} got ${more.length + 1} mails.`);
    assert.match(
      mail?.html ?? '',
      new RegExp(`Hey ${member.name?.split(' ')[0]}, this one is for you`),
    );
    assert.match(
      mail?.headers?.['List-Unsubscribe'] ?? '',
      new RegExp(`unsubscribe/\\?uuid=${member.uuid}&`),
    );
    assert.doesNotMatch(JSON.stringify(mail), /%recipient\./);
  }
}

/** Some readers open the mail; the rest happens by itself. Resolves to when the bridge knows all of it. */
async function theirFate({ sandbox: { resend } }: Site, members: GhostMember[]): Promise<number> {
  const mails = members.map(({ email }) => {
    const mail = resend.inbox.list(email).at(-1);
    assert(mail);
    return mail.id;
  });
  const isOnItsWay = (id: string) => resend.inbox.get(id).lastEvent === 'sent';
  await until('every mail to arrive or bounce', () => !mails.some(isOnItsWay) || undefined);
  for (const id of mails.slice(0, OPENS)) resend.inbox.open(id);
  await until(
    'the bridge to take every webhook',
    () => resend.pendingWebhooks() === 0 || undefined,
  );
  return Date.now();
}
