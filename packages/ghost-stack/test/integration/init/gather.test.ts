import { expect, test, vi } from 'vitest';
import { gatherAnswers } from '../../../src/init/gather.ts';
import type { Question } from '../../../src/init/questions.ts';
import { startNoDocker } from '../../fixtures/docker.ts';
import { stackFolder } from '../../fixtures/stack-folder.ts';

const asked: string[] = [];
vi.mock('../../../src/init/questions.ts', async (original) => ({
  ...(await original<object>()),
  askPerson: async ({ name }: Question) => {
    asked.push(name);
    return name === 'OWNER_EMAIL' ? 'ada@example.org' : 'ten letters';
  },
}));

const gather = (dir: string, given: Record<string, string>) =>
  gatherAnswers({
    dir,
    given,
    isAsking: false,
    hasSandbox: false,
    isOwned: false,
    trusted: [],
    print: () => {},
  });

test('every answer that is missing or wrong is named at once, and no secret with it', async () => {
  const refusal = gather(stackFolder(''), {
    DOMAIN: 'https://blog.example.com',
    RESEND_API_KEY: 'not-a-key-of-resend',
    OWNER_EMAIL: 'ada',
    OWNER_PASSWORD: 'short',
  });
  await expect(refusal).rejects.toMatchObject({ code: 'ANSWERS' });
  const { message } = (await refusal.catch((error: Error) => error)) as Error;
  for (const part of [
    'Nothing was changed',
    'use the host name alone',
    'CLOUDINARY_URL is not set',
    'RESEND_API_KEY is not what it should be: it begins with re_',
    'OWNER_EMAIL is no e-mail address.',
    'OWNER_PASSWORD is shorter than 10 characters.',
    'SITE_TITLE is not given, though OWNER_EMAIL is.',
  ]) {
    expect(message).toContain(part);
  }
  // The webhook is made, so that nobody is asked for its secret.
  expect(message).not.toMatch(/not-a-key|"short"|RESEND_WEBHOOK_SECRET/);
});

test('what .env has need not be said again', async () => {
  const dir = stackFolder('CLOUDINARY_URL=cloudinary://1:a@b\nRESEND_API_KEY=re_there\n');
  const message = await gather(dir, { CDN: 'proxy' }).catch((error: Error) => error.message);
  expect(message).toContain('DOMAIN is not set');
  expect(message).toContain('CDN is "proxy" without CDN_ADDRESSES');
  expect(message).not.toMatch(/CLOUDINARY_URL|RESEND_API_KEY/);
});

test.each([
  ['asks a person for no code', 'false', 'none', ['OWNER_EMAIL', 'OWNER_PASSWORD']],
  ['asks for codes', 'true', 'none', []],
  ['stands behind a proxy', 'true', 'proxy', ['CDN_ADDRESSES']],
])(
  'of a site that has its owner and %s only what is not known is asked',
  async (_what, verification, CDN, names) => {
    startNoDocker();
    asked.length = 0;
    const env = `MEDIA=local\nANALYTICS=off\nPAYMENTS=off\nSTAFF_DEVICE_VERIFICATION=${verification}\n`;
    const choices = { MEDIA: 'local', MAILER: 'resend', ANALYTICS: 'off', PAYMENTS: 'off', CDN };
    await gatherAnswers({
      dir: stackFolder(env),
      given: choices,
      isAsking: true,
      hasSandbox: true,
      isOwned: true,
      trusted: [],
      print: () => {},
    });
    expect(asked).toEqual(names);
  },
);
