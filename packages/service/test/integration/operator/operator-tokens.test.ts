import fs, { mkdtempSync, readdirSync, statSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { findOperatorTokens, openOperatorTokens } from '../../../src/index.ts';

const { linkSync } = fs;
afterEach(() => setLink(linkSync));

function setLink(link: typeof linkSync): void {
  fs.linkSync = link;
  syncBuiltinESMExports();
}

test.each(['EPERM', 'ENOTSUP'])(
  'tokens are made, once, on a volume without hard links (%s)',
  (code) => {
    const dataDir = mkdtempSync(join(tmpdir(), 'tokens-'));
    // No file system without them can be mounted by whoever runs this.
    setLink(() => {
      throw Object.assign(new Error('no links'), { code });
    });
    const made = openOperatorTokens({ dataDir });
    expect(openOperatorTokens({ dataDir })).toEqual(made);
    expect(findOperatorTokens({ dataDir })).toEqual(made);
    expect(readdirSync(dataDir)).toEqual(['operator-tokens.json']);
    expect(statSync(join(dataDir, 'operator-tokens.json')).mode & 0o777).toBe(0o600);
  },
);
