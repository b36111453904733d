import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));

test('the README names the adapters as the package exports them', () => {
  const { adapters } = JSON.parse(/```json\n(.*?)```/s.exec(readme)?.[1] ?? '');
  for (const type of ['jobs', 'scheduling']) {
    expect(adapters[type].active).toBe(`${manifest.name}/${type}`);
    expect(Object.keys(manifest.exports)).toContain(`./${type}`);
  }
});

test('the README has a row for each type of job that is treated in its own way', () => {
  const policies = new URL('../src/lanes/policies.ts', import.meta.url);
  const types = readFileSync(policies, 'utf8').matchAll(/^ {2}'([a-z-]+)': \{/gm);
  const named = [...types].map(([, type]) => type);
  expect(named.length).toBeGreaterThan(8);
  for (const type of named) expect(readme).toContain(`\`${type}\``);
});

test('the README names every code that the adapters throw', () => {
  const folder = new URL('../src/', import.meta.url);
  const text = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('options.ts'))
    .map((name) => readFileSync(new URL(name, folder), 'utf8'));
  const codes = text.join('\n').match(/(?<=JobsError\(\s*')[A-Z_]+(?=')/g) ?? [];
  expect(codes.length).toBeGreaterThan(4);
  for (const code of new Set(codes)) expect(readme).toContain(`\`${code}\``);
});
