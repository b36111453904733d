import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { readGhostSettings } from '../../src/ghost/ghost-config.ts';

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'prosora-ghost-config-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  return dir;
}

test('the environment wins over the file, and a secret stands in a file that it names', () => {
  const dir = folder();
  writeFileSync(join(dir, 'password'), '0123\n');
  writeFileSync(
    join(dir, 'config.production.json'),
    JSON.stringify({ database: { client: 'sqlite3', connection: { user: 'ghost' } } }),
  );
  const env = {
    database__client: 'mysql',
    database__connection__port: '3306',
    database__connection__password_FILE: join(dir, 'password'),
    SSL_CERT_FILE: '/none',
  };
  expect(readGhostSettings({ dir, env }).config).toEqual({
    database: {
      client: 'mysql',
      // Text, since a password of digits is no number.
      connection: { user: 'ghost', port: 3306, password: '0123' },
    },
  });
});

test('a secret that cannot be read is named, with its file', () => {
  const env = { database__connection__password_FILE: '/none/password' };
  expect(() => readGhostSettings({ dir: folder(), env })).toThrow(
    'database__connection__password_FILE names /none/password, which cannot be read (ENOENT).',
  );
});
