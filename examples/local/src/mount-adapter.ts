import { execFile } from 'node:child_process';
import { cp, mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { GhostConfig } from '@prosora/ghost-local';

/** The name under which Ghost's configuration finds the storage adapter. */
export const ADAPTER_NAME = 'prosora-cloudinary';

/** Those for jobs and scheduling are one package. */
const JOBS_NAME = 'prosora-jobs';

/** What a self-hoster unpacks: each package, the types of adapter it is for, and what is published beside what is built. */
const PACKAGES = [
  {
    name: ADAPTER_NAME,
    manifest: import.meta.resolve('@prosora/ghost-storage-cloudinary/package.json'),
    types: ['storage'],
    parts: ['package.json'],
  },
  {
    name: JOBS_NAME,
    manifest: import.meta.resolve('@prosora/ghost-jobs-durable/package.json'),
    types: ['jobs', 'scheduling'],
    parts: ['package.json', 'jobs', 'scheduling'],
  },
];

/**
 * Builds the adapters where a self-hoster unpacks the published packages, `content/adapters/<type>/<name>`: without
 * their types, which take longer than they do and which Ghost does not read.
 */
export async function mountAdapters(contentDir: string): Promise<void> {
  for (const { name, manifest, types, parts } of PACKAGES) {
    const source = path.dirname(fileURLToPath(manifest));
    const places = types.map((type) => path.join(contentDir, 'adapters', type, name));
    for (const place of places) await rm(place, { recursive: true, force: true });
    const [target = '', ...others] = places;
    await mkdir(target, { recursive: true });
    for (const part of parts) {
      await cp(path.join(source, part), path.join(target, part), { recursive: true });
    }
    const build = ['--silent', '--no-dts', '--out-dir', path.join(target, 'dist')];
    await promisify(execFile)('tsup', build, { cwd: source });
    for (const other of others) await cp(target, other, { recursive: true });
  }
}

/** The adapters for jobs and scheduling in Ghost's config; their store is beside Ghost's database. */
export const JOBS_CONFIG: GhostConfig = {
  adapters: {
    jobs: { active: `${JOBS_NAME}/jobs` },
    scheduling: { active: `${JOBS_NAME}/scheduling` },
  },
};
