import { counted } from '@prosora/service/look';
import { Hono } from 'hono';
import { formOf } from '../guard/form.ts';
import type { Action, ConsoleEnv, Form, Room } from '../guard/room.ts';
import { show } from '../guard/show.ts';
import { createCounts } from './counts.ts';
import { jobsPage } from './jobs-page.ts';
import type { Mail } from './mail.ts';
import { mailPage } from './mail-page.ts';
import { mailsPage, readerPage } from './mails-page.ts';
import { newsletterPage } from './newsletter-page.ts';
import { newslettersPage } from './newsletters-page.ts';
import { suppressionsPage } from './suppressions-page.ts';

/** Everything about mail; nothing where the site has no mail service. */
export function mailRoutes({ services, act }: Room): Hono<ConsoleEnv> {
  const routes = new Hono<ConsoleEnv>();
  const { mail, metrics } = services;
  if (mail === undefined) return routes;
  const parts = { mail, metrics, counts: createCounts(mail) };
  routes.get('/', (c) => show(c, newslettersPage(parts, c.req.query(), c.get('frame'))));
  routes.get('/newsletter', (c) => show(c, newsletterPage(mail, c.req.query(), c.get('frame'))));
  routes.get('/mails', (c) => show(c, mailsPage(mail, c.req.query(), c.get('frame'))));
  routes.get('/mail', (c) => show(c, mailPage(mail, c.req.query(), c.get('frame'))));
  routes.get('/jobs', (c) => show(c, jobsPage(mail, c.req.query(), c.get('frame'))));
  routes.get('/suppressions', (c) =>
    show(c, suppressionsPage(mail, c.req.query(), c.get('frame'))),
  );
  routes.post('/reader', async (c) => {
    const form = await formOf(c);
    const asked = { address: form.get('address') ?? '', after: form.get('after') ?? undefined };
    return show(c, readerPage(mail, asked, c.get('frame')));
  });
  for (const action of actionsOf(mail)) {
    routes.post(`/${action.name.split('.')[1]}`, act(action));
  }
  return routes;
}

function actionsOf(mail: Mail): Action[] {
  const emailIdIn = (form: Form) => form.get('emailId') ?? '';
  const back = (form: Form) => `/mail/newsletter?id=${encodeURIComponent(emailIdIn(form))}`;
  const deciding = (
    name: 'pause' | 'resume' | 'cancel',
    label: string,
    outcome: string,
  ): Action => ({
    name: `mail.${name}`,
    label,
    part: 'mail',
    logged: ['emailId'],
    async run(form, caller) {
      const { recipients } = await mail.post(name, { emailId: emailIdIn(form) }, caller);
      return `${counted(recipients)} ${outcome}.`;
    },
    back,
  });
  return [
    deciding('pause', 'Pause a newsletter', 'recipients wait until it is resumed'),
    deciding('resume', 'Resume a newsletter', 'recipients are being sent to'),
    deciding('cancel', 'Cancel a newsletter for good', 'recipients get nothing'),
    {
      name: 'mail.replay',
      label: 'Try calls to Resend again',
      part: 'mail',
      logged: ['id'],
      async run(form, caller) {
        const ids = form.getAll('id');
        const { again, asked, missing } = await mail.post('replay', { ids }, caller);
        const said = [
          [again, 'tried again'],
          [asked, 'asked after at Resend, without being sent'],
          [missing, 'not to be found, or at work'],
        ] as const;
        return `Calls: ${said.map(([calls, what]) => `${counted(calls.length)} ${what}`).join(', ')}.`;
      },
      back: () => '/mail/jobs',
    },
    {
      name: 'mail.trust-clock',
      label: 'Trust the clock',
      part: 'mail',
      async run(_, caller) {
        await mail.post('trustClock', {}, caller);
        return 'The clock is trusted: a running bridge hears it within a minute.';
      },
      back: () => '/mail',
    },
  ];
}
