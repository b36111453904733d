import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, inject, test } from 'vitest';
import type { RemoteStandIn } from '../../src/index.ts';
import { createRandom } from '../../src/stand-in/random.ts';
import {
  type SandboxProcess,
  startProcess,
  stopProcess,
  uploadBytes,
} from '../fixtures/sandbox-process.ts';

const { soak, seed } = inject('proof');
const KILLS = soak ? 50 : 4;
const UPLOADERS = 6;

const random = createRandom(`crash ${seed}`);
const between = (low: number, high: number) => low + Math.floor(random.next() * (high - low));
const md5 = (bytes: Uint8Array) => createHash('md5').update(bytes).digest('hex');

function someBytes(): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(between(1, 300_000));
  bytes.fill(between(0, 256));
  for (let at = 0; at < Math.min(bytes.length, 64); at += 1) bytes[at] = between(0, 256);
  return bytes;
}

/** What may stand under an id: the content last answered for, or one whose answer never came. */
type Expected = Map<string, { answered: string | undefined; unanswered: string[] }>;

/** Uploads to new ids and over its own old ones until the sandbox is gone. */
async function uploadUntilKilled(
  cloudinary: RemoteStandIn,
  expected: Expected,
  { uploader, onAnswer }: { uploader: number; onAnswer: () => void },
): Promise<void> {
  for (let count = 0; ; count += 1) {
    const publicId = count % 3 === 0 ? `hot/${uploader}` : `new/${uploader}/${random.text(12)}`;
    const bytes = someBytes();
    const entry = expected.get(publicId) ?? { answered: undefined, unanswered: [] };
    expected.set(publicId, entry);
    entry.unanswered.push(md5(bytes));
    try {
      const { etag } = await uploadBytes(cloudinary, bytes, { publicId });
      entry.answered = String(etag);
      entry.unanswered = [];
      onAnswer();
    } catch {
      return;
    }
  }
}

async function served(cloudinary: RemoteStandIn, path: string): Promise<string | undefined> {
  const response = await fetch(`${cloudinary.access['deliveryUrl']}/raw/upload/v1/${path}`);
  return response.ok ? md5(new Uint8Array(await response.arrayBuffer())) : undefined;
}

async function check(cloudinary: RemoteStandIn, expected: Expected): Promise<void> {
  const assets = await cloudinary.view<{ public_id: string; etag: string }>('assets');
  const etags = new Map(assets.map(({ public_id: id, etag }) => [id, etag]));
  for (const [publicId, { answered, unanswered }] of expected) {
    const found = etags.get(publicId);
    expect([answered, ...unanswered], publicId).toContain(found);
    expect(await served(cloudinary, publicId), publicId).toBe(found);
  }
  expect([...etags.keys()].filter((publicId) => !expected.has(publicId))).toEqual([]);
}

test(`no answered upload is lost and no torn asset served over ${KILLS} kills at random moments (seed ${seed})`, async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'prosora-sandbox-'));
  const expected: Expected = new Map();
  let answers = 0;
  let running: SandboxProcess | undefined;
  try {
    for (let kill = 0; kill < KILLS; kill += 1) {
      running = await startProcess(dataDir);
      const { child, cloudinary } = running;
      await check(cloudinary, expected);
      const uploads: Promise<void>[] = [];
      const wanted = answers + between(1, 40);
      await new Promise<void>((enough) => {
        const onAnswer = () => {
          answers += 1;
          if (answers === wanted) enough();
        };
        for (let uploader = 0; uploader < UPLOADERS; uploader += 1) {
          uploads.push(uploadUntilKilled(cloudinary, expected, { uploader, onAnswer }));
        }
      });
      // The kill may find any of the uploads at any point.
      await delay(between(0, 30));
      await stopProcess(child, 'SIGKILL');
      await Promise.all(uploads);
    }
    running = await startProcess(dataDir);
    await check(running.cloudinary, expected);
    console.log(
      `${KILLS} kills, ${answers} answered uploads, ${expected.size} ids, none lost or torn`,
    );
  } finally {
    if (running) await stopProcess(running.child, 'SIGKILL');
    await rm(dataDir, { recursive: true, force: true });
  }
});
