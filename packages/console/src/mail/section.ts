import { counted } from '@prosora/service/look';
import type { Form, Room } from '../guard/room.ts';
import { type Deed, type Section, sectionOf, trustClock } from '../guard/section.ts';
import { jobsPage } from './jobs-page.ts';
import type { Mail } from './mail.ts';
import { mailPage, mailsPage, readerPage } from './mails-page.ts';
import { newsletterPage, newslettersPage } from './newsletters-page.ts';
import { suppressionsPage } from './suppressions-page.ts';

/** Everything about mail. */
export function mailSection({ services: { mail, metrics }, act }: Room): Section | undefined {
  if (mail === undefined) return undefined;
  return sectionOf(act, {
    name: 'mail',
    service: mail,
    part: 'mail',
    tabs: {
      Newsletters: '/',
      'Single mails': '/mails',
      'Given up': '/jobs',
      Suppressions: '/suppressions',
    },
    pages: {
      '/': (_, query, frame) => newslettersPage({ mail, metrics }, query, frame),
      '/newsletter': newsletterPage,
      '/mails': mailsPage,
      '/mail': mailPage,
      '/jobs': jobsPage,
      '/suppressions': suppressionsPage,
    },
    questions: { '/reader': readerPage },
    actions: actionsOf(mail),
  });
}

const emailIdIn = (form: Form): string => form.get('emailId') ?? '';

function actionsOf(mail: Mail): Record<string, Deed> {
  const deciding = (name: 'pause' | 'resume' | 'cancel', label: string, outcome: string): Deed => ({
    label,
    logged: ['emailId'],
    async run(form, caller) {
      const { recipients } = await mail.post(name, { emailId: emailIdIn(form) }, caller);
      return `${counted(recipients)} ${outcome}.`;
    },
    back: (form) => `/mail/newsletter?id=${encodeURIComponent(emailIdIn(form))}`,
  });
  return {
    pause: deciding('pause', 'Pause a newsletter', 'recipients wait until it is resumed'),
    resume: deciding('resume', 'Resume a newsletter', 'recipients are being sent to'),
    cancel: deciding('cancel', 'Cancel a newsletter for good', 'recipients get nothing'),
    replay: {
      label: 'Try calls to Resend again',
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
    'trust-clock': trustClock(async (caller) => {
      await mail.post('trustClock', {}, caller);
      return 'The clock is trusted: a running bridge hears it within a minute.';
    }),
  };
}
