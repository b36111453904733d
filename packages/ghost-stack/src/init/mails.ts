import { setTimeout as delay } from 'node:timers/promises';
import { operation } from '@prosora/service';
import * as z from 'zod';
import { addressOf, clientOf } from '../services/operator.ts';

const items = z.array(z.object({ id: z.string() }));
const reasons = z.array(z.object({ reason: z.string().nullable() }));
const events = z.array(z.object({ type: z.string(), reason: z.string().nullable() }));

/** What the bridge says of the mails to one address, and of one mail. */
const operations = {
  reader: operation({
    summary: 'Lists the mails to an address, the newest first',
    access: 'read',
    input: z.object({ address: z.string(), limit: z.number() }),
    output: z.object({ items }),
  }),
  mail: operation({
    summary: 'Shows a mail step by step',
    access: 'read',
    input: z.object({ id: z.string() }),
    output: z.object({ state: z.string(), attempts: reasons, events }),
  }),
};

const WAIT_MS = 60_000;
const LOOK_EVERY_MS = 1_000;

/** What became of a mail: it arrived, or why not, as far as that is known after a minute. */
export type MailFate = 'delivered' | { why: string };

/** The mails of the bridge to an address. */
export async function openMails(dir: string, address: string) {
  const bridge = await clientOf(dir, 'mail', operations);
  const newest = async () => (await bridge.ask('reader', { address, limit: 1 })).items[0]?.id;
  return {
    newest,
    /** Waits until the mail after that one has arrived, as Resend's webhook says, or surely never will. */
    async fateOfNext(before: string | undefined): Promise<MailFate> {
      let why = 'nothing was heard of it within a minute';
      for (const until = performance.now() + WAIT_MS; performance.now() < until; ) {
        const id = await newest();
        if (id !== undefined && id !== before) {
          const { state, attempts, events: heard } = await bridge.ask('mail', { id });
          if (heard.some(({ type }) => type === 'delivered')) return 'delivered';
          const failed = heard.find(({ type }) => type === 'failed');
          why = failed?.reason ?? attempts.at(-1)?.reason ?? why;
          if (failed || state === 'failed') break;
        }
        await delay(LOOK_EVERY_MS);
      }
      return { why };
    },
  };
}

/** The code in the newest mail that the sandbox has for an address. */
export async function codeInSandbox(dir: string, address: string): Promise<string> {
  const inbox = `http://${await addressOf(dir, 'sandbox', 'front')}:4102/inbox.json`;
  const answer = await fetch(`${inbox}?to=${encodeURIComponent(address)}`);
  const mails = (await answer.json()) as { subject: string }[];
  return /\b\d{6}\b/.exec(mails.at(-1)?.subject ?? '')?.[0] ?? '';
}
