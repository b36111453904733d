import { vi } from 'vitest';

/** A mail as Resend's stand-in shows it. */
interface Mail {
  subject: string;
  lastEvent: string;
}

/** Resend's stand-in of a site with the sandbox. @param ask reaches the site's names */
export function resendOf(host: string, ask: typeof fetch) {
  async function mailsTo(address: string): Promise<Mail[]> {
    const inbox = `https://resend.sandbox.${host}/inbox.json?to=${encodeURIComponent(address)}`;
    return (await (await ask(inbox)).json()) as Mail[];
  }
  return {
    mailsTo,
    /** The mail to an address after so many, once it is there. */
    nextMailTo: (address: string, count: number): Promise<Mail> =>
      vi.waitUntil(async () => (await mailsTo(address))[count], {
        timeout: 30_000,
        interval: 200,
      }),
    /** Asks its API with the key that it made up. */
    async call(route: string, method = 'GET'): Promise<Record<string, string>[]> {
      const { resend } = (await (await ask(`https://sandbox.${host}/vendors`)).json()) as {
        resend: { apiKey: string };
      };
      const headers = { authorization: `Bearer ${resend.apiKey}` };
      const answer = await ask(`https://resend.sandbox.${host}/${route}`, { method, headers });
      return ((await answer.json()) as { data: Record<string, string>[] }).data;
    },
  };
}
