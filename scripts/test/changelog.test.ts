import { expect, test } from 'vitest';
import entries, { readable, releaseText } from '../release/changelog.ts';

test('an entry begins with its first sentence in bold, and the rest stands below it', async () => {
  const summary = 'Lose no mail.  \nNot one.\n\n- In a crash, `send` goes on.';
  expect(await entries.getReleaseLine({ summary })).toBe(
    '- **Lose no mail.**  \n  Not one.\n\n  - In a crash, `send` goes on.',
  );
});

test('a headline without an end is bold up to its paragraph, and no further', async () => {
  const summary = 'The collector where it leaked\n\nIt leaks no more.';
  expect(await entries.getReleaseLine({ summary })).toBe(
    '- **The collector where it leaked**\n\n  It leaks no more.',
  );
});

const CHANGELOG = `# @prosora/example

## 0.2.0

### Minor Changes

- **Two.**

## 0.1.0 (2026-11-01)

### New

- **One.**
`;

test('the newest section gets its day and headings for readers, an older one stays', () => {
  const [, newest = '', older] = readable(CHANGELOG, '0.2.0', '2026-12-01').split(/^(?=## )/m);
  expect(newest).toBe('## 0.2.0 (2026-12-01)\n\n### New\n\n- **Two.**\n\n');
  expect(CHANGELOG.endsWith(older ?? '?')).toBe(true);
});

test('the text of a release has the section of that version alone', () => {
  const text = releaseText('0.2.0', [{ name: '@prosora/example', changelog: CHANGELOG }]);
  expect(text).toBe('## @prosora/example\n\n### Minor Changes\n\n- **Two.**\n');
});

test('a package without the version stops the release', () => {
  const packages = [{ name: '@prosora/example', changelog: CHANGELOG }];
  expect(() => releaseText('0.3.0', packages)).toThrow('no section for 0.3.0');
});
