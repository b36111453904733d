import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { assertEndsHalfRestore, noteHalfRestore } from '../../src/restore/half-restore.ts';

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'prosora-half-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  return dir;
}

test.each([
  [undefined, 'mail', true],
  ['database', 'mail', true],
  ['mail', 'mail', false],
  ['mail', undefined, false],
  [undefined, undefined, false],
])('what was cut off in a restore of %s is not forgotten by one of %s', (former, only, refused) => {
  const dir = folder();
  noteHalfRestore(dir, { run: 'one', only: former });
  const ends = () => assertEndsHalfRestore(dir, only);
  if (refused) expect(ends).toThrow('did not end');
  else expect(ends).not.toThrow();
});

test('where no restore was cut off a part may be restored by itself', () => {
  expect(() => assertEndsHalfRestore(folder(), 'mail')).not.toThrow();
});
