import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Figure } from './figure.ts';
import { PACKAGE, startCloudinary } from './storage/cloudinary-process.ts';
import { measureGhost } from './storage/ghost.ts';
import { measurePush } from './storage/push.ts';
import { measureUpload } from './storage/upload.ts';

const PARTS = { upload: measureUpload, push: measurePush, ghost: measureGhost };

/**
 * What the adapter adds to an upload, how fast a site moves in, and what the adapter takes off Ghost; each part by
 * itself with `PROSORA_BENCH_PART=upload|push|ghost`.
 */
export async function run(): Promise<Figure[]> {
  const only = process.env['PROSORA_BENCH_PART'];
  execFileSync('npm', ['run', 'build', '--silent'], { cwd: PACKAGE, stdio: 'ignore' });
  const dir = mkdtempSync(join(tmpdir(), 'prosora-bench-storage-'));
  await using cloudinary = await startCloudinary(join(dir, 'sandbox'));
  const figures: Figure[] = [];
  try {
    for (const [name, measure] of Object.entries(PARTS)) {
      if (only === undefined || only === name) figures.push(...(await measure(cloudinary, dir)));
    }
    return figures;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
