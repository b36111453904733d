import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseConfig } from '../src/config/parse-config.ts';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

describe('the README', () => {
  test('shows a configuration that is accepted', () => {
    const { storage } = JSON.parse(/```json\n(.*?)```/s.exec(readme)?.[1] ?? '');
    const { active } = storage;
    const stores = [{}, storage.media, storage.files].map(({ adapter = active, ...feature }) =>
      parseConfig({ ...storage[adapter], ...feature }, {}),
    );
    expect(stores.map(({ store }) => store)).toEqual(['images', 'media', 'files']);
  });

  test('names every code that the adapter throws', () => {
    const folder = new URL('../src/', import.meta.url);
    const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' });
    const text = sources
      .filter((name) => name.endsWith('.ts') && !name.endsWith('options.ts'))
      .map((name) => readFileSync(new URL(name, folder), 'utf8'));
    const codes =
      text.join('\n').match(/'(?!PROSORA|CLOUDINARY_URL|ERR_)[A-Z]+(?:_[A-Z]+)+'/g) ?? [];
    expect(codes.length).toBeGreaterThan(10);
    for (const code of new Set(codes)) expect(readme).toContain(code.replaceAll("'", '`'));
  });
});
