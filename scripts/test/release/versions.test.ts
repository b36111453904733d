import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, inject, test } from 'vitest';
import { sectionOf } from '../../release/changelog.ts';
import { publicPackages } from '../../release/packages.ts';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const { copy, version, npmrc } = inject('rehearsal');
const packages = publicPackages(copy);

test('every package has the version of the tag, and so has the lock', () => {
  const tags = execFileSync('git', ['tag', '--points-at', 'HEAD'], { cwd: copy, encoding: 'utf8' });
  expect(tags.trim()).toBe(`v${version}`);
  const lock = JSON.parse(readFileSync(path.join(copy, 'package-lock.json'), 'utf8'));
  for (const { dir, manifest } of packages) {
    expect(manifest.version).toBe(version);
    expect(lock.packages[path.relative(copy, dir)].version).toBe(version);
  }
});

test('every changeset is in the changelog of each of its packages, and none is left', () => {
  const names = execFileSync('git', ['ls-files', '.changeset/*.md'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  for (const file of names.trim().split('\n')) {
    expect(existsSync(path.join(copy, file))).toBe(false);
    const [, head = '', summary = ''] =
      /^---\n(.*?)\n---\n(.*)$/s.exec(readFileSync(path.join(ROOT, file), 'utf8')) ?? [];
    const firstWords = summary.trim().slice(0, 40);
    for (const { dir } of packages.filter(({ manifest }) => head.includes(manifest.name))) {
      const section = sectionOf(readFileSync(path.join(dir, 'CHANGELOG.md'), 'utf8'), version);
      // As the changeset has it, but for the indent and the first sentence in bold.
      expect(section.replaceAll(/^ {2}|\*\*/gm, ''), file).toContain(firstWords);
    }
  }
});

test('the text of the release has every package that changed', () => {
  const text = execFileSync(
    'node',
    ['--conditions=@prosora/source', 'scripts/release.ts', '--text'],
    {
      cwd: copy,
      encoding: 'utf8',
    },
  );
  for (const { manifest } of packages) expect(text).toContain(`## ${manifest.name}\n`);
  expect(text).not.toContain('Changes');
});

test('npm finds each package at this version', () => {
  for (const { manifest } of packages) {
    const words = ['view', '--userconfig', npmrc, `${manifest.name}@latest`, 'version'];
    expect(execFileSync('npm', words, { encoding: 'utf8' }).trim()).toBe(version);
  }
});
