import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openCheckpoint } from '../../../src/spool/checkpoint.ts';
import { freshDir } from '../../fixtures/running-collector.ts';

test('a checkpoint whose last write was torn is the one before it', () => {
  const file = join(freshDir(), 'progress');
  const before = { segment: 'a', from: 1, cuts: [] };
  const last = { segment: 'a', from: 2, cuts: [3, 4] };
  {
    using checkpoint = openCheckpoint(file);
    checkpoint.save(before);
    checkpoint.save(last);
  }
  {
    using checkpoint = openCheckpoint(file);
    expect(checkpoint.progress).toEqual(last);
  }
  const bytes = readFileSync(file);
  bytes.fill(0, bytes.indexOf('"from":2'), bytes.indexOf('"from":2') + 100);
  writeFileSync(file, bytes);
  using checkpoint = openCheckpoint(file);
  expect(checkpoint.progress).toEqual(before);
});
