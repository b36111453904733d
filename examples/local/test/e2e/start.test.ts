import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CHROMIUM_FLAGS, chromiumPath } from '@prosora/ghost-local';
import { lacks } from '@prosora/service/programs';
import { chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';

const ROOT = path.resolve(import.meta.dirname, '../../../..');
const PORT = 22_368;
const SANDBOX_PORT = 24_100;
const SITE = `http://localhost:${PORT}`;
const CLAIMS = 12;

const dir = mkdtempSync(path.join(tmpdir(), 'prosora-local-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** What is read of an `<img>` inside the browser. */
interface BrowserImage {
  loading: string;
  currentSrc: string;
  naturalWidth: number;
  decode(): Promise<void>;
}

/** `npm start`, with everything it prints. */
function npmStart(flags: string[] = [], changes: NodeJS.ProcessEnv = {}) {
  const env = {
    ...process.env,
    ...changes,
    PROSORA_LOCAL_DIR: dir,
    PROSORA_LOCAL_PORT: String(PORT),
    PROSORA_LOCAL_SANDBOX_PORT: String(SANDBOX_PORT),
  };
  // A group of its own, so that a signal reaches npm and what it runs, as Ctrl-C does.
  const child = spawn('npm', ['start', '--', ...flags], { cwd: ROOT, env, detached: true });
  const run = { child, output: '', exit: once(child, 'close').then(([code]) => code as number) };
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      run.output += chunk;
    });
  }
  return run;
}

const interrupt = ({ pid }: ChildProcess) => pid !== undefined && process.kill(-pid, 'SIGINT');
const proven = (output: string) => output.match(/✔ (a|its|the|page|delivered)\b.+: .+/g) ?? [];

describe('npm start', () => {
  let running: ReturnType<typeof npmStart>;
  beforeAll(async () => {
    // As a person types it: its services run from their sources, those of later starts from the bundles of the tests.
    running = npmStart([], { PROSORA_COMMANDS: undefined });
    await vi.waitUntil(
      () => /Ctrl-C stops/.test(running.output) || running.child.exitCode !== null,
      {
        timeout: 340_000,
        interval: 200,
      },
    );
  });
  afterAll(() => {
    const { exitCode, signalCode } = running.child;
    if (exitCode === null && signalCode === null) interrupt(running.child);
  });

  test('proves each promise, then shows where everything is', () => {
    expect(running.output).toMatch(/Every ✔ above was proven/);
    expect(proven(running.output)).toHaveLength(CLAIMS);
    expect(running.output).toContain(`${SITE}/ghost`);
    expect(running.output).toContain(`${SITE}/ghost/prosora/`);
  });

  // Said in CONTRIBUTING.md; CI always has a browser.
  test.skipIf(lacks('chromium'))(
    'a browser shows every picture and picks its size by the width of the window (needs Chromium)',
    async () => {
      const browser = await chromium.launch({
        executablePath: chromiumPath ?? 'chromium',
        args: CHROMIUM_FLAGS,
      });
      const picturesAt = async (width: number) => {
        const page = await browser.newPage({ viewport: { width, height: 900 } });
        await page.goto(`${SITE}/five-days-on-the-ridge-path/`);
        const pictures = page.locator('.gh-article-image img, .gh-content img');
        await pictures.first().waitFor();
        return await pictures.evaluateAll(async (images: BrowserImage[]) => {
          for (const image of images) {
            image.loading = 'eager';
            await image.decode();
          }
          return images.map(({ currentSrc, naturalWidth }) => ({ currentSrc, naturalWidth }));
        });
      };
      const [phone, desktop] = [await picturesAt(380), await picturesAt(1400)];
      await browser.close();
      expect(phone).toHaveLength(3);
      for (const [index, small] of phone.entries()) {
        expect(small.currentSrc).toContain(`${SITE}/content/images/size/w`);
        expect(small.naturalWidth).toBeLessThan(desktop[index]?.naturalWidth ?? 0);
      }
    },
  );

  test('Ctrl-C stops all of it', async () => {
    interrupt(running.child);
    // npm itself ends by the signal, so it has no exit code to look at.
    await running.exit;
    expect(running.output).toMatch(/Stopping …\s*$/);
    for (const port of [
      PORT,
      ...[0, 1, 2, 3, 10, 11, 20, 21, 30, 31, 40, 41, 60, 61].map((at) => SANDBOX_PORT + at),
    ]) {
      await expect(fetch(`http://localhost:${port}`)).rejects.toThrow('fetch failed');
    }
  });

  test('a later start reuses the site and proves everything anew', async () => {
    const again = npmStart(['--exit']);
    const code = await again.exit;
    expect(code, again.output).toBe(0);
    expect(again.output).not.toContain('of 8:');
    const pictures = (output: string) => proven(output).find((line) => line.includes('stored at'));
    expect(proven(again.output)).toHaveLength(CLAIMS);
    expect(pictures(again.output)).not.toBe(pictures(running.output));
  });

  test('a taken port is one sentence that says what to do', async () => {
    const taken = createServer().listen(PORT, 'localhost');
    const refused = npmStart(['--exit']);
    expect(await refused.exit).toBe(1);
    expect(refused.output).toContain(`Port ${PORT} is taken: stop the program that has it, or set`);
    taken.close();
  });

  test('a vendor that fails makes the proof, and the command, fail', async () => {
    const failing = npmStart(['--exit']);
    const faults = JSON.stringify([{ match: { path: '^/v1_1/' }, fault: { status: 401 } }]);
    const breakVendor = () =>
      fetch(`http://localhost:${SANDBOX_PORT}/cloudinary/faults`, {
        method: 'PUT',
        headers: { 'content-type': 'application/json' },
        body: faults,
      }).then(
        ({ ok }) => ok,
        () => false,
      );
    await vi.waitUntil(breakVendor, { timeout: 100_000, interval: 50 });
    expect(await failing.exit).toBe(1);
    expect(failing.output).toMatch(/✖ a picture uploaded now is stored at Cloudinary/);
  });
});
