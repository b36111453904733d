import { createTransport } from 'nodemailer';
import type { Channel, Message } from './message.ts';
import { request } from './request.ts';

/** The settings by their names; those that begin with NOTIFY_ say who is told. */
type Settings = Readonly<Record<string, string | undefined>>;

const TIMEOUT_MS = 10_000;
/** https://docs.ntfy.sh/publish/#message-priority */
const NTFY_PRIORITY = { problem: '4', note: '3', good: '3', news: '2' } as const;

/** Every way to reach a person that the settings name. */
export function channelsOf(settings: Settings): Channel[] {
  const makers: Record<string, (value: string) => Channel['send']> = {
    NOTIFY_EMAIL: (to) => byMail(to, settings),
    NOTIFY_NTFY_URL: byNtfy,
    NOTIFY_SLACK_URL: (url) => (message) => post(url, { text: wordsOf(message) }),
    NOTIFY_DISCORD_URL: (url) => (message) => post(url, discordOf(message)),
    NOTIFY_TELEGRAM: byTelegram,
    NOTIFY_WEBHOOK_URL: (url) => (message) => post(url, message),
  };
  return Object.entries(makers).flatMap(([name, make]) => {
    const value = settings[name];
    return value ? [{ name, send: make(value) }] : [];
  });
}

function byMail(to: string, settings: Settings): Channel['send'] {
  const transport = createTransport({
    url: settings['NOTIFY_SMTP_URL'] ?? '',
    connectionTimeout: TIMEOUT_MS,
    greetingTimeout: TIMEOUT_MS,
    socketTimeout: TIMEOUT_MS,
  });
  return async ({ title, text }) => {
    const from = settings['NOTIFY_EMAIL_FROM'] || to;
    await transport.sendMail({ from, to, subject: title, text });
  };
}

/** https://docs.ntfy.sh/publish/; a token stands in the address as `https://:TOKEN@ntfy.sh/TOPIC`. */
function byNtfy(address: string): Channel['send'] {
  const url = new URL(address);
  const token = decodeURIComponent(url.password);
  url.username = url.password = '';
  return async ({ title, text, kind }) => {
    const headers = {
      // A header holds no letters beyond ASCII but encoded ones: https://docs.ntfy.sh/publish/#message-title
      title: `=?UTF-8?B?${Buffer.from(title).toString('base64')}?=`,
      priority: NTFY_PRIORITY[kind],
      ...(token && { authorization: `Bearer ${token}` }),
    };
    await request(url.href, { method: 'POST', body: text, headers });
  };
}

/** https://core.telegram.org/bots/api#sendmessage */
function byTelegram(value: string): Channel['send'] {
  const [token = '', chat = ''] = value.split('@', 2);
  return (message) =>
    post(`https://api.telegram.org/bot${token}/sendMessage`, {
      chat_id: chat,
      text: wordsOf(message),
    });
}

const wordsOf = ({ title, text }: Message): string => `${title}\n${text}`;

/** Nobody is pinged by what a message quotes: https://discord.com/developers/docs/resources/message#allowed-mentions-object */
const discordOf = (message: Message) => ({
  content: wordsOf(message).slice(0, 2_000),
  allowed_mentions: { parse: [] },
});

async function post(url: string, body: object): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  await request(url, { method: 'POST', body: JSON.stringify(body), headers });
}
