import { type Html, html, htmlDocument } from '@prosora/service/look';
import express, { type Router } from 'express';
import type { Inbox } from './inbox.ts';
import type { MailSummary, StoredMail } from './mail-store.ts';
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
    response.send(layout(`Mails: ${all.length}`, mailList(all)));
  });
  router.get('/inbox/:id.json', (request, response) => {
    response.json(inbox.get(request.params.id));
  });
  router.get('/inbox/:id', (request, response) => {
    const mail = inbox.get(request.params.id);
    response.send(layout(mail.subject, mailPage(mail)));
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
  const rows = mails
    .slice(-SHOWN)
    .reverse()
    .map(
      ({ id, createdAt, to, subject, lastEvent }) => html`<tr>
<td>${new Date(createdAt).toISOString().slice(11, 19)}</td><td>${to.join(', ')}</td>
<td><a href="${origin}/inbox/${id}">${subject || '(no subject)'}</a></td><td>${lastEvent}</td>
</tr>`,
    );
  return html`<table>${rows}</table>`;
}

function mailPage(mail: StoredMail): Html {
  const headers = Object.entries({
    From: mail.from,
    To: mail.to.join(', '),
    'Reply-To': mail.reply_to?.join(', ') ?? '',
    ...mail.headers,
    'Last event': mail.lastEvent,
  }).map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`);
  const buttons = Object.keys(ACTIONS).map(
    (action) => html`<button formaction="/inbox/${mail.id}/${action}">${action}</button> `,
  );
  // Sandboxed: a mail's scripts and links must not reach the page around it.
  return html`<p><a href="/inbox">All mails</a></p>
<form method="post">${buttons}</form>
<dl>${headers}</dl>
${mail.html === null ? '' : html`<iframe sandbox="allow-popups" srcdoc="${mail.html}"></iframe>`}
<pre>${mail.text ?? ''}</pre>`;
}

function layout(title: string, body: Html): string {
  return htmlDocument(title, STYLE, html`<h1>${title}</h1>${body}`);
}

const STYLE = html`
body { font: 15px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 60rem; padding: 1rem 2rem; color: #1d232b; }
table { border-collapse: collapse; width: 100%; }
td { border-top: 1px solid #eef1f4; padding: 0.2rem 0.8rem 0.2rem 0; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.1rem 1.5rem; }
dt { color: #5b6673; }
dd { margin: 0; overflow-wrap: anywhere; }
iframe { width: 100%; height: 40rem; border: 1px solid #d5dae0; }
pre { white-space: pre-wrap; }
`;
