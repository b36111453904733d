import { expect, test } from 'vitest';
import { hideAll } from '../../src/logs/hide.ts';

test.each([
  ['cloudinary://42:a-secret@cloud?x=1', 'cloudinary://[redacted]@cloud?x=1'],
  ['key=re_sandbox_full_access next', 'key=[redacted] next'],
  ['mail to jane.doe+x@mail.example.com failed', 'mail to [e-mail] failed'],
  ['from 203.0.113.9:4200 and 2001:db8::8a2e:370:7334', 'from [ip]:4200 and [ip]'],
  [
    '2026-11-30T08:00:02.5Z Ghost 6.65.0 took 12:30',
    '2026-11-30T08:00:02.5Z Ghost 6.65.0 took 12:30',
  ],
])('of %j stays %j', (text, left) => {
  expect(hideAll(text)).toBe(left);
});
