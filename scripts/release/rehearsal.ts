import { execFile } from 'node:child_process';
import { appendFile, cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type { TestProject } from 'vitest/node';
import { startRegistry } from './registry.ts';

const run = promisify(execFile);
const ROOT = path.resolve(import.meta.dirname, '../..');

/** A release that nobody outside saw. */
export interface Rehearsal {
  /** The copy of this repository in which it was made. */
  copy: string;
  version: string;
  /** npm's configuration of a user for whom the packages are published. */
  npmrc: string;
}

/**
 * Releases the last commit in a copy, by the commands that the workflow runs, to a registry on this machine: version,
 * changelogs, lock, tag, tarballs. Nothing in the repository changes.
 */
export default async function rehearse(project: TestProject): Promise<() => Promise<void>> {
  const dir = await mkdtemp(path.join(tmpdir(), 'rehearsal-'));
  const copy = path.join(dir, 'prosora');
  await using steps = new AsyncDisposableStack();
  steps.defer(() => rm(dir, { recursive: true, force: true }));
  const registry = steps.use(await startRegistry());

  await run('git', ['clone', '--quiet', ROOT, copy]);
  await shareModules(copy);
  const git = (...words: string[]) => run('git', words, { cwd: copy });
  await git('config', 'user.name', 'Rehearsal');
  await git('config', 'user.email', 'rehearsal@example.org');
  const release = (...words: string[]) =>
    run('node', ['--conditions=@prosora/source', 'scripts/release.ts', ...words], { cwd: copy });

  await release('--version');
  const manifest = await readFile(path.join(copy, 'packages/sandbox/package.json'), 'utf8');
  const { version } = JSON.parse(manifest);
  await git('add', '--all');
  await git('commit', '--quiet', '--message', `release: ${version}`);
  await git('tag', `v${version}`);

  const { stdout } = await release('--pack', path.join(dir, 'tarballs'));
  const npmrc = await npmrcFor(registry.url, dir);
  for (const tarball of stdout.trim().split('\n')) {
    await run('npm', ['publish', '--userconfig', npmrc, tarball], { cwd: dir });
  }

  project.provide('rehearsal', { copy, version, npmrc });
  const done = steps.move();
  return () => done.disposeAsync();
}

/** Hard links, since a copy of 400 MB takes longer than the release. */
async function shareModules(copy: string): Promise<void> {
  const modules = path.join(ROOT, 'node_modules');
  try {
    await run('cp', ['-al', modules, copy]);
  } catch {
    await rm(path.join(copy, 'node_modules'), { recursive: true, force: true });
    await cp(modules, path.join(copy, 'node_modules'), {
      recursive: true,
      verbatimSymlinks: true,
    });
  }
}

/** The configuration of who runs this, in which our scope alone is at the registry of the rehearsal. */
async function npmrcFor(registry: string, dir: string): Promise<string> {
  const file = path.join(dir, 'npmrc');
  const { stdout } = await run('npm', ['config', 'get', 'userconfig']);
  // It may hold keys.
  await writeFile(file, await readFile(stdout.trim(), 'utf8').catch(() => ''), { mode: 0o600 });
  const host = registry.replace(/^http:/, '');
  await appendFile(file, `\n@prosora:registry=${registry}\n${host}:_authToken=rehearsal\n`);
  return file;
}

declare module 'vitest' {
  interface ProvidedContext {
    rehearsal: Rehearsal;
  }
}
