import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { takeFormerLetters } from '../../../src/send/former-dead-letters.ts';
import { deadLettersIn, takeLane } from '../../../src/spool/data-dir.ts';
import { lettersIn } from '../../fixtures/dead-letters.ts';
import { freshDir } from '../../fixtures/running-collector.ts';

const line = (batch: string) =>
  JSON.stringify({ at: '2026-09-01T10:00:00Z', batch, reason: '400', rows: [{ batch }] });

test('what an older collector gave up is taken over once, without what was replayed', async () => {
  const dir = freshDir();
  const file = join(dir, 'dead-letters.ndjson');
  const cutOff = line('s:9-10').slice(0, 20);
  const batches = Array.from({ length: 1_001 }, (_, at) => `s:${at}-${at + 1}`);
  writeFileSync(file, [...batches.map(line), line('s:0-1'), cutOff].join('\n\n'));
  writeFileSync(`${file}.replayed`, 's:1-2\n');
  for (const _start of ['first', 'second']) {
    await takeFormerLetters(dir, dir);
    const taken = lettersIn(deadLettersIn(dir));
    expect(taken.map(({ batch }) => batch)).toEqual(batches.filter((name) => name !== 's:1-2'));
    expect(taken[0]).toMatchObject({ kind: 'refused', rows: [{ batch: 's:0-1' }] });
  }
  expect([existsSync(file), existsSync(`${file}.replayed`)]).toEqual([false, false]);
});

test('those of another lane are left while its collector runs', async () => {
  const dir = freshDir();
  const other = join(dir, 'lane-1');
  mkdirSync(other);
  writeFileSync(join(other, 'dead-letters.ndjson'), line('s:0-1'));
  {
    using _lane = takeLane(other);
    await takeFormerLetters(dir, dir);
    expect(lettersIn(deadLettersIn(other))).toEqual([]);
  }
  await takeFormerLetters(dir, dir);
  expect(lettersIn(deadLettersIn(other))).toHaveLength(1);
});
