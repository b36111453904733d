import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { forgetAnswers, keepAnswers, keptAnswers, readAnswers } from '../../src/init/answers.ts';
import { stackFolder } from '../fixtures/stack-folder.ts';

function fileWith(dir: string, text: string): string {
  const file = join(dir, 'answers');
  writeFileSync(file, text);
  return file;
}

test.each([
  ['JSON', '{ "DOMAIN": "a.example", "OWNER_NAME": "Ada", "HTTP_PORT": 8080 }'],
  ['lines', 'DOMAIN=a.example\n# mine\nOWNER_NAME="Ada"\nHTTP_PORT=8080\n'],
])('answers come from a file of %s, and a word goes before it', (_kind, text) => {
  const dir = stackFolder('');
  const answers = readAnswers(dir, ['DOMAIN=b.example'], fileWith(dir, text));
  expect(answers).toEqual({ DOMAIN: 'b.example', OWNER_NAME: 'Ada', HTTP_PORT: '8080' });
});

test.each([
  [['DOMIAN=a.example'], '', 'Nothing is called DOMIAN.', 'Did you mean DOMAIN?'],
  [['OWNER_MAIL=a@b.example'], '', 'Nothing is called OWNER_MAIL.', 'OWNER_EMAIL'],
  [['blog.example.com'], '', '"blog.example.com" has no value.', 'Write NAME=VALUE.'],
  [['OWNER_PASSWORD=hunter22'], '', 'OWNER_PASSWORD has no business', '--answers FILE'],
  [['RESEND_API_KEY=re_x'], '', 'RESEND_API_KEY has no business', '--answers FILE'],
  [['STRIPE_SECRET_KEY=sk_x'], '', 'STRIPE_SECRET_KEY has no business', '--answers FILE'],
  [[], '{ "DOMAIN": ', 'cannot be read (no JSON)', ''],
])('%j is refused with a hint, and no secret in it', (words, text, message, help) => {
  const dir = stackFolder('');
  const file = text === '' ? undefined : fileWith(dir, text);
  let error: { message: string; help: string } | undefined;
  try {
    readAnswers(dir, words, file);
  } catch (thrown) {
    error = thrown as typeof error;
  }
  expect(error?.message).toContain(message);
  expect(error?.help).toContain(help);
  expect(JSON.stringify(error)).not.toMatch(/hunter22|re_x|sk_x/);
});

test('a file that is not there is refused with where it has to be', () => {
  const dir = stackFolder('');
  expect(() => readAnswers(dir, [], join(dir, 'none'))).toThrow('cannot be read (ENOENT)');
});

test('what was answered outlives a kill, for its owner alone, and without what is not to be kept', () => {
  const dir = stackFolder('');
  expect(keptAnswers(dir)).toEqual({});
  const kept = { DOMAIN: 'a.example', RESEND_API_KEY: 're_kept' };
  keepAnswers(dir, { ...kept, OWNER_PASSWORD: 'secret words', STRIPE_SECRET_KEY: 'sk_live_1' });
  expect(keptAnswers(dir)).toEqual(kept);
  expect(statSync(join(dir, '.prosora/care/answers.json')).mode & 0o777).toBe(0o600);
  forgetAnswers(dir);
  expect(keptAnswers(dir)).toEqual({});
});
