import { expect, test } from 'vitest';
import { TELLING } from '../../src/services/telling.ts';

test.each([
  ['prosora_mail_jobs_given_up', 1, '1 mail given up'],
  ['prosora_mail_jobs_given_up', 2, '2 mails given up'],
  ['prosora_batches_set_aside', 1, '1 batch of views set aside'],
  ['prosora_batches_set_aside', 3, '3 batches of views set aside'],
  ['prosora_mail_oldest_pending_seconds', 90, 'mail waits for 1 min'],
])('%s of %i is "%s"', (name, value, words) => {
  expect(TELLING[name]?.(value)).toBe(words);
});
