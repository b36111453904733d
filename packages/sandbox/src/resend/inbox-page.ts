import { badge, card, facts, type Html, html, type Tone, table, when } from '@prosora/service/look';
import express, { type Router } from 'express';
import { sandboxPage } from '../stand-in/page.ts';
import type { Inbox } from './inbox.ts';
import type { LastEvent, MailSummary, StoredMail } from './mail-store.ts';
import { ResendRefusal } from './refusal.ts';

/** What a person or a program can let happen to a mail, by the last segment of the path. */
const ACTIONS = {
  deliver: (inbox, id) => inbox.deliver(id),
  open: (inbox, id) => inbox.open(id),
  bounce: (inbox, id) => inbox.bounce(id),
  'soft-bounce': (inbox, id) =>
    inbox.bounce(id, {
      type: 'Transient',
      subType: 'MailboxFull',
      message: "The recipient's inbox is full.",
      diagnosticCode: ['smtp; 452 4.2.2 mailbox full'],
    }),
  complain: (inbox, id) => inbox.complain(id),
  delay: (inbox, id) => inbox.delay(id),
  fail: (inbox, id) => inbox.fail(id, 'The mail could not be sent.'),
} as const satisfies Record<string, (inbox: Inbox, id: string) => void>;

const TONES: Partial<Record<LastEvent, Tone>> = {
  delivered: 'good',
  opened: 'good',
  delivery_delayed: 'warn',
  suppressed: 'warn',
  bounced: 'bad',
  complained: 'bad',
  failed: 'bad',
};

const SHOWN = 200;

/**
 * The mailboxes as pages, at `/inbox` of the stand-in and apart from its faults: the list, each mail as
 * its reader sees it, and `POST /inbox/<id>/<action>` for what happens to it. `GET /inbox.json` and
 * `/inbox/<id>.json` are for programs.
 */
export function inboxRoutes(inbox: Inbox): Router {
  const router = express.Router();
  router.get('/inbox.json', (request, response) => {
    const { to } = request.query;
    response.json(inbox.list(typeof to === 'string' ? to : undefined));
  });
  router.get('/inbox', (_request, response) => {
    const all = inbox.list();
    response.send(page(`Mails: ${all.length}`, card('The newest first', mailList(all))));
  });
  router.get('/inbox/:id.json', (request, response) => {
    response.json(inbox.get(request.params.id));
  });
  router.get('/inbox/:id', (request, response) => {
    const mail = inbox.get(request.params.id);
    const back = html`<a class="home" href="/inbox">← Everyone’s mail</a>`;
    response.send(page(titleOf(mail), mailPage(mail), back));
  });
  for (const [action, run] of Object.entries(ACTIONS)) {
    router.post(`/inbox/:id/${action}`, (request, response) => {
      run(inbox, request.params.id);
      if (request.accepts('html', 'json') === 'json') response.json(inbox.get(request.params.id));
      else response.redirect(303, `/inbox/${request.params.id}`);
    });
  }
  router.use('/inbox', (request) => {
    throw new ResendRefusal(
      404,
      'not_found',
      `The sandbox has no ${request.method} ${request.path}`,
    );
  });
  return router;
}

/** The newest mails as a table. */
export function mailList(mails: readonly MailSummary[], origin = ''): Html {
  return table({
    caption: 'Mails, the newest first',
    columns: ['Sent (UTC)', 'Subject', 'Last event', 'To'],
    rows: mails
      .slice(-SHOWN)
      .reverse()
      .map((mail) => [
        when(new Date(mail.createdAt).toISOString(), 'UTC'),
        html`<a href="${origin}/inbox/${mail.id}">${titleOf(mail)}</a>`,
        eventBadge(mail),
        mail.to.join(', '),
      ]),
    none: 'None yet.',
  });
}

function mailPage(mail: StoredMail): Html {
  const buttons = Object.keys(ACTIONS).map(
    (action) =>
      html`<button class="soft" formaction="/inbox/${mail.id}/${action}">${action}</button>`,
  );
  const known = {
    From: mail.from,
    To: mail.to.join(', '),
    'Reply-To': mail.reply_to?.join(', ') ?? '–',
    ...mail.headers,
  };
  // Sandboxed: a mail's scripts and links must not reach the page around it.
  const asRead = html`<iframe sandbox="allow-popups" srcdoc="${mail.html}" title="The mail as its reader sees it"></iframe>`;
  return html`${card(
    'What became of it',
    html`${facts([
      ['Last event', eventBadge(mail)],
      ['Sent (UTC)', when(new Date(mail.createdAt).toISOString(), 'UTC')],
      ...Object.entries(known),
    ])}<form class="action" method="post">${buttons}</form>`,
  )}
${mail.html === null ? '' : card('As its reader sees it', asRead)}
${mail.text === null ? '' : card('As plain text', html`<pre>${mail.text}</pre>`)}`;
}

function titleOf({ subject }: MailSummary): string {
  return subject || '(no subject)';
}

function eventBadge({ lastEvent }: MailSummary): Html {
  return badge(lastEvent, TONES[lastEvent]);
}

function page(title: string, body: Html, way?: Html): string {
  return sandboxPage({
    title,
    body,
    way,
    aside: html`A stand-in for Resend: no mail leaves it.`,
    style: html`iframe { width: 100%; height: 40rem; border: 0; background: #fff; }`,
  });
}
