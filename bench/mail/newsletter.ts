import { join } from 'node:path';
import type { Message } from '../../packages/ghost-mail-resend/src/store/message.ts';

export const SITE = { site: 'ghost', domain: 'mg.example.com' };
export const KEY = 'bench-key-1234-of-the-benches';
export const AUTHORIZATION = `Basic ${Buffer.from(`api:${KEY}`).toString('base64')}`;
export const PACKAGE = join(import.meta.dirname, '..', '..', 'packages', 'ghost-mail-resend');
export const CACHE = join(import.meta.dirname, '..', '..', '.prosora', 'bench');
export const BATCH = 1_000;
export const MILLION = 1_000_000;
/** A newsletter as Ghost renders it. */
export const HTML = `<html><body>${'<p>Hey %recipient.name%, this is what happened at the harbour.</p>'.repeat(650)}</body></html>`;
export const SMALL_HTML = '<p>Hey %recipient.name%</p>'.repeat(40);

const member = (at: number) => `member${at}@example.org`;

function variablesOf(address: string): Record<string, string> {
  const uuid = '7e2f8f0e-6a61-4d0f-9f5a-1c9be1f0a001';
  const link = `https://blog.example.com/unsubscribe/?uuid=${uuid}&key=0123456789abcdef0123456789abcdef`;
  return {
    uuid,
    name: `Name of ${address}`,
    email: address,
    list_unsubscribe: link,
    unsubscribe_url: link,
  };
}

export function messageTo(from: number, count: number, emailId: string, html = HTML): Message {
  return {
    template: {
      from: 'Lab <lab@example.com>',
      replyTo: null,
      subject: 'News',
      html,
      text: 'News',
      headers: {},
    },
    recipients: Array.from({ length: count }, (_, index) => {
      const address = member(from + index);
      return { address, variables: variablesOf(address) };
    }),
    tags: ['ghost-email', 'bulk-email'],
    lane: 'newsletter',
    emailId,
    trackOpens: true,
    deliverAt: null,
  };
}

export function formTo(from: number, count: number, emailId: string): FormData {
  const form = new FormData();
  const { recipients, template } = messageTo(from, count, emailId);
  for (const { address } of recipients) form.append('to', address);
  form.append('from', template.from);
  form.append('subject', 'News for %recipient.name%');
  form.append('html', HTML);
  form.append('text', 'News');
  const variables = recipients.map(({ address, variables: own }) => [address, own]);
  form.append('recipient-variables', JSON.stringify(Object.fromEntries(variables)));
  form.append('v:email-id', emailId);
  form.append('o:tag', 'bulk-email');
  return form;
}
