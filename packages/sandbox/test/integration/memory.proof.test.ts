import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import type { RemoteStandIn } from '../../src/index.ts';
import { startProcess, stopProcess, uploadBytes } from '../fixtures/sandbox-process.ts';

const MB = 1_000_000;
const PART = 20 * MB;
const FIRST = 60 * MB;
const { soak } = inject('proof');
const TOTAL = soak ? 400 * MB : 140 * MB;
const EXTRA_MAX = 50 * MB;

/** The most memory that a process ever had resident, in bytes. */
async function peakRss(pid: number | undefined): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) * 1024;
}

async function uploadInParts(cloudinary: RemoteStandIn, total: number): Promise<unknown> {
  const part = new Uint8Array(PART);
  part.set(Buffer.from('\0\0\0\x18ftypmp42'));
  const uploadId = randomUUID();
  let result: Record<string, unknown> = {};
  for (let start = 0; start < total; start += PART) {
    const range = `bytes ${start}-${start + PART - 1}/${total}`;
    const headers = { 'x-unique-upload-id': uploadId, 'content-range': range };
    const options = { publicId: 'clip', resourceType: 'video', headers } as const;
    result = await uploadBytes(cloudinary, part, options);
  }
  return result['bytes'];
}

test.skipIf(process.platform !== 'linux')(
  `a video of ${TOTAL / MB} MB takes no more memory than one of ${FIRST / MB} MB (needs /proc)`,
  async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'prosora-sandbox-'));
    const { child, cloudinary } = await startProcess(dataDir);
    try {
      await cloudinary.settings.set({ videoMaxBytes: TOTAL });
      const idle = await peakRss(child.pid);
      expect(await uploadInParts(cloudinary, FIRST)).toBe(FIRST);
      const first = await peakRss(child.pid);
      expect(await uploadInParts(cloudinary, TOTAL)).toBe(TOTAL);
      const peak = await peakRss(child.pid);
      const shown = [idle, first, peak].map((bytes) => `${Math.round(bytes / MB)} MB`);
      console.log(
        `peak memory idle, after ${FIRST / MB} MB, after ${TOTAL / MB} MB: ${shown.join(', ')}`,
      );
      expect(peak - first).toBeLessThan(EXTRA_MAX);
    } finally {
      await stopProcess(child, 'SIGKILL');
      await rm(dataDir, { recursive: true, force: true });
    }
  },
);
