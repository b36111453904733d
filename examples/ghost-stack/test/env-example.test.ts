import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const read = (file: string) => readFileSync(path.join(ROOT, file), 'utf8');

test('.env.example names every variable that the stack reads, and no other', () => {
  const choices = globSync('examples/ghost-stack/{choices,watch}/**/*.{env,yml}', { cwd: ROOT });
  const compose = ['docker-compose.yml', ...choices].flatMap((file) =>
    [...read(file).matchAll(/\$\{(\w+)/g)].map(([, name]) => name),
  );
  const setup = ['vendors.ts', 'elsewhere.ts'].flatMap((file) =>
    [
      ...read(`examples/ghost-stack/src/${file}`).matchAll(
        /(?:given\(|needed\(\s*|ariable: )'(\w+)'/g,
      ),
    ].map(([, name]) => name),
  );
  const files = [
    'notify/channels',
    'verbs/drill',
    'verbs/notify',
    'verbs/update',
    'repository/place',
    'alerts/watch-alerts',
  ];
  const command = files.flatMap(
    (file) =>
      read(`packages/ghost-stack/src/${file}.ts`).match(
        /\b(NOTIFY|WATCH)_[A-Z_]+|(?<=')(AWS|B2|RESTIC_REST)_[A-Z_]+|(?<=')BACKUP_[A-Z_]+(?='\)\?)|(?<=\(')(UPDATE\w+|DRILL_ON)/g,
      ) ?? [],
  );
  const example = [...read('.env.example').matchAll(/^#? ?([A-Z][A-Z0-9_]*)=/gm)].map(
    ([, name]) => name,
  );
  // Compose reads it by itself.
  const own = 'COMPOSE_PROFILES';
  expect([...new Set(example)].sort()).toEqual(
    [...new Set([...compose, ...setup, ...command, own])].sort(),
  );
});
