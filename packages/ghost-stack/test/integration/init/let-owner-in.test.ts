import { findingLine } from '@prosora/service';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { letOwnerIn } from '../../../src/init/let-owner-in.ts';
import { readEnvFile } from '../../../src/settings/env-file.ts';
import { startNoDocker } from '../../fixtures/docker.ts';
import { stackFolder } from '../../fixtures/stack-folder.ts';

const MAILGUN = 'DOMAIN=blog.example.com\nMEDIA=local\nMAILER=mailgun\nMAILGUN_API_KEY=key\n';
const VERIFICATION = 'STAFF_DEVICE_VERIFICATION';

/** A Ghost that has an owner, mails a code to each sign-in and knows 123456 for one. */
const GHOST = {
  'GET authentication/setup': { status: 200, body: { setup: [{ status: true }] } },
  'POST session': { status: 403, cookie: 'session=1' },
  'PUT session/verify': { status: 200 },
  'PUT settings': { status: 200 },
};

interface Person {
  code: string;
  wantsCodes: boolean;
}

/** Lets the owner in where mail goes past the bridge, so that a person alone sees what arrives. */
async function letIn(env: string, person: Person | undefined, more: Record<string, string> = {}) {
  const dir = stackFolder(env);
  const questions: string[] = [];
  const lines: string[] = [];
  const letting = letOwnerIn({
    dir,
    answers: { OWNER_EMAIL: 'ada@example.org', OWNER_PASSWORD: 'ten letters', ...more },
    hasSandbox: false,
    person: person && {
      codeInMail: async () => person.code,
      async wantsCodes() {
        questions.push('codes?');
        return person.wantsCodes;
      },
    },
    print: () => {},
  });
  for await (const finding of letting) lines.push(findingLine(finding));
  return { lines, questions, verification: readEnvFile(dir).values[VERIFICATION] };
}

beforeEach(() => {
  onTestFinished(() => void delete process.env[VERIFICATION]);
});

const IN = '✔ second sign-in: The code from the mail lets the owner in.';
const CODES = '✔ sign-ins: Each asks for a code by mail from now on.';
const REQUIRED = 'PUT settings {"settings":[{"key":"require_email_mfa","value":true}]}';

test.each([
  [true, [IN, CODES]],
  [false, [IN]],
])(
  'once a code by mail let the owner in, a person may want one each time: %s',
  async (wantsCodes, lines) => {
    const { asked } = startNoDocker(GHOST);
    const came = await letIn(MAILGUN, { code: '123456', wantsCodes });
    expect(came).toMatchObject({ lines, questions: ['codes?'] });
    expect(asked().includes(REQUIRED)).toBe(wantsCodes);
  },
);

test.each([
  ['yes', [IN, CODES]],
  ['no', [IN]],
])('who said %s to it before is not asked', async (REQUIRE_EMAIL_MFA, lines) => {
  startNoDocker(GHOST);
  const person = { code: '123456', wantsCodes: REQUIRE_EMAIL_MFA === 'no' };
  const came = await letIn(MAILGUN, person, { REQUIRE_EMAIL_MFA });
  expect(came).toMatchObject({ lines, questions: [] });
});

test.each([
  ['a code that Ghost does not take', { code: '1', wantsCodes: true }],
  ['no code', { code: '', wantsCodes: true }],
  ['nobody there', undefined],
])('with %s Ghost asks for none from then on, and it is not offered', async (_what, person) => {
  const { asked } = startNoDocker({ ...GHOST, 'PUT session/verify': { status: 401 } });
  const { lines, questions, verification } = await letIn(MAILGUN, person);
  expect(lines.at(-1)).toMatch(/^! second sign-in: Ghost asks for no code while no mail is known/);
  expect([verification, questions]).toEqual(['false', []]);
  expect(asked()).toContainEqual(expect.stringContaining('docker compose up --detach'));
});

test('a Ghost that asks for no code is not made to while nobody has seen a mail', async () => {
  startNoDocker({ ...GHOST, 'POST session': { status: 201, cookie: 'session=1' } });
  const env = `${MAILGUN}${VERIFICATION}=false\n`;
  const { lines, verification } = await letIn(env, { code: '', wantsCodes: true });
  expect(verification).toBe('false');
  expect(lines[0]).toMatch(/^! mail: No test to ada@example.org is known to have arrived/);
});

test('whom Ghost refuses is offered nothing', async () => {
  const errors = [{ message: 'Your password is incorrect.' }];
  startNoDocker({ ...GHOST, 'POST session': { status: 422, body: { errors } } });
  const { lines, questions } = await letIn(MAILGUN, { code: '123456', wantsCodes: true });
  const refusal =
    '✘ second sign-in: Ghost refuses it: Your password is incorrect. Give the OWNER_EMAIL and OWNER_PASSWORD that Ghost Admin knows.';
  expect([lines, questions]).toEqual([[refusal], []]);
});
