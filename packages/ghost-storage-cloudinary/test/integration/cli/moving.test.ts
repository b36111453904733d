import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FaultRule } from '@prosora/sandbox';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type CommandSite, startCommandSite } from '../../fixtures/command.ts';
import { picture, sound } from '../../fixtures/test-site.ts';

let site: CommandSite;
beforeEach(async () => {
  site = await startCommandSite();
  await site.place('content/images/2026/11/cat.png', await picture(1));
  await site.place('content/images/2026/11/ü b.png', await picture(2));
  await site.place('content/images/size/w600/2026/11/cat.png', await picture(3));
  await site.place('content/images/README.md', Buffer.from('Ghost puts this here.'));
  await site.place('content/media/2026/11/talk.wav', sound(30_000));
  await site.place('content/files/2026/11/paper.pdf', Buffer.from('%PDF-1.7 …'));
});
afterEach(() => site[Symbol.asyncDispose]());

const ids = () => site.cloudinary.assets().map(({ public_id }) => public_id);
const uploads = () => site.cloudinary.requests.list(/\/upload$/).length;
const contentOf = (path: string) => readFile(join(site.dir, 'content', path));

describe('push', () => {
  test('copies the three stores, without the sizes that Ghost made', async () => {
    const { code, stdout } = await site.run('push');
    expect(stdout).toMatch(
      /^4 files: 4 uploaded \(.* MB\), 0 there already, 0 in conflict, 0 failed/,
    );
    expect(code).toBe(0);
    expect(ids().toSorted()).toEqual([
      'ghost/files/2026/11/paper.pdf',
      'ghost/images/2026/11/cat_png',
      'ghost/images/2026/11/~c3~bc~20b_png',
      'ghost/media/2026/11/talk_wav',
    ]);
  });

  test('sends nothing again, with its journal and without', async () => {
    await site.run('push');
    expect((await site.run('push')).stdout).toMatch(/^4 files: 0 uploaded .*, 4 there already/);
    await rm(join(site.dir, 'content/.ghost-cloudinary-push.jsonl'));
    expect((await site.run('push')).stdout).toMatch(/^4 files: 0 uploaded .*, 4 there already/);
    expect(uploads()).toBe(4);
  });

  test('sends what changed here since, unless Cloudinary has another file of the name', async () => {
    await site.run('push');
    await site.place('content/images/2026/11/cat.png', await picture(4));
    await site.place('content/images/2026/11/new.png', await picture(5));
    const { code, stdout } = await site.run('push');
    expect(stdout).toContain('✘ images/2026/11/cat.png: Cloudinary has another file of this name.');
    expect(stdout).toMatch(/5 files: 1 uploaded .*, 3 there already, 1 in conflict/);
    expect(code).toBe(1);
  });

  test('sends again what was removed at Cloudinary since, whatever its journal says', async () => {
    await site.run('push');
    await site.cloudinary.reset();
    expect((await site.run('push')).stdout).toMatch(/^4 files: 4 uploaded/);
    expect(ids()).toHaveLength(4);
  });

  test('and verify follow symbolic links, as the site does, and go round no circle', async () => {
    await mkdir(join(site.dir, 'volume'));
    await writeFile(join(site.dir, 'volume/far.png'), await picture(7));
    await symlink('../../volume', join(site.dir, 'content/images/linked'));
    await symlink('cat.png', join(site.dir, 'content/images/2026/11/same.png'));
    await symlink('nowhere.png', join(site.dir, 'content/images/broken.png'));
    await symlink('.', join(site.dir, 'content/images/circle'));
    expect((await site.run('push', '--stores', 'images')).stdout).toMatch(/^4 files: 4 uploaded/);
    expect(ids()).toEqual(
      expect.arrayContaining(['ghost/images/linked/far_png', 'ghost/images/2026/11/same_png']),
    );
    expect((await site.run('verify', '--stores', 'images')).stdout).toMatch(
      /^4 files: 4 the same, 0 missing/,
    );
  });

  test('says what it would do, and does nothing', async () => {
    const { stdout } = await site.run('push', '--dry-run');
    expect(stdout).toMatch(/^4 files: 4 to upload/);
    expect(uploads()).toBe(0);
  });

  test('tells a program what came of it', async () => {
    await site.place('content/images/2026/11/broken.png', Buffer.from('no picture'));
    await site.configure({ retries: 0 });
    const { code, stdout } = await site.run('push', '--json');
    expect(JSON.parse(stdout)).toMatchObject({
      ...{ total: 5, uploaded: 4, present: 0, conflicts: [], interrupted: false },
      failures: [{ path: 'images/2026/11/broken.png', sentence: expect.any(String) }],
    });
    expect(code).toBe(1);
  });

  test('goes on after a file that fails, and names it with the remedy', async () => {
    await site.place('content/images/2026/11/broken.png', Buffer.from('no picture'));
    await site.configure({ retries: 0 });
    const { code, stdout } = await site.run('push', '--stores', 'images');
    expect(stdout).toMatch(
      /✘ images\/2026\/11\/broken\.png: .*Invalid image file.*Check that the file opens/,
    );
    expect(stdout).toMatch(/3 files: 2 uploaded .*1 failed/);
    expect(code).toBe(1);
  });

  test('stops at an interrupt, says so, and goes on at the next run', async () => {
    for (let number = 0; number < 40; number += 1) {
      await site.place(`content/images/many/${number}.png`, await picture(100 + number, 8, 8));
    }
    site.cloudinary.faults.set([{ match: { path: 'upload$' }, fault: { latencyMs: 100 } }]);
    const { child, end } = site.start('push', '--concurrency', '2');
    await expect.poll(uploads, { timeout: 20_000 }).toBeGreaterThan(3);
    child.kill('SIGINT');
    const { code, stdout } = await end;
    expect(stdout).toContain('Interrupted. Run the same command to go on.');
    expect(code).toBe(130);
    site.cloudinary.faults.clear();
    expect((await site.run('push')).code).toBe(0);
    expect(uploads()).toBe(44);
    expect(ids()).toHaveLength(44);
  });
});

describe('pull', () => {
  test('brings everything back to the byte, and then nothing', async () => {
    const before = await Promise.all(
      ['images/2026/11/ü b.png', 'media/2026/11/talk.wav', 'files/2026/11/paper.pdf'].map(
        contentOf,
      ),
    );
    await site.run('push');
    await rm(join(site.dir, 'content'), { recursive: true });
    const { code, stdout } = await site.run('pull');
    expect(stdout).toMatch(/^4 files: 4 downloaded/);
    expect(code).toBe(0);
    expect(
      await Promise.all(
        ['images/2026/11/ü b.png', 'media/2026/11/talk.wav', 'files/2026/11/paper.pdf'].map(
          contentOf,
        ),
      ),
    ).toEqual(before);
    expect((await site.run('pull')).stdout).toMatch(/^4 files: 0 downloaded .*, 4 here already/);
  });

  test('replaces nothing that is here', async () => {
    await site.run('push');
    await writeFile(join(site.dir, 'content/images/2026/11/cat.png'), 'mine');
    const { code, stdout } = await site.run('pull', '--stores', 'images');
    expect(stdout).toContain(
      '✘ images/2026/11/cat.png: another file of this name is here; it stays.',
    );
    expect(code).toBe(1);
    expect((await contentOf('images/2026/11/cat.png')).toString()).toBe('mine');
  });
});

describe('what pull cannot bring', () => {
  const failDelivery = (path: string, fault: FaultRule['fault']) =>
    site.cloudinary.faults.set([{ match: { method: 'GET', path }, fault }]);

  test('is a file that came with other bytes of the same number', async () => {
    await site.run('push');
    await rm(join(site.dir, 'content/files'), { recursive: true });
    failDelivery('/raw/upload/', { status: 200, body: 'x'.repeat(12) });
    const { code, stdout } = await site.run('pull', '--stores', 'files');
    expect(stdout).toMatch(/✘ files\/2026\/11\/paper\.pdf: .*other bytes/);
    expect(code).toBe(1);
    await expect(contentOf('files/2026/11/paper.pdf')).rejects.toThrow('ENOENT');
  });

  test('is a PDF of an account that does not deliver them, with the setting to change', async () => {
    await site.run('push');
    await rm(join(site.dir, 'content/files'), { recursive: true });
    site.cloudinary.settings.set({ deliverPdfAndZip: false });
    const { stdout } = await site.run('pull', '--stores', 'files');
    expect(stdout).toMatch(
      /✘ files\/.*paper\.pdf: .*Settings, Security, PDF and ZIP files delivery/,
    );
    expect(stdout).not.toContain('apiSecret');
  });
});

describe('verify', () => {
  test('goes on after a file that cannot be looked at', async () => {
    await site.run('push');
    await site.configure({ retries: 0 });
    site.cloudinary.faults.set([
      { match: { method: 'HEAD', path: 'talk_wav' }, fault: { status: 503 } },
    ]);
    const { code, stdout } = await site.run('verify', '--delivered');
    expect(stdout).toMatch(/✘ media\/2026\/11\/talk\.wav: .*HTTP 503.*status\.cloudinary\.com/);
    expect(stdout).toMatch(/4 files: 3 the same, .* 1 failed/);
    expect(code).toBe(1);
  });

  test('tries a delivery again that fails once', async () => {
    await site.run('push');
    site.cloudinary.faults.set([{ match: { method: 'HEAD', times: 1 }, fault: { status: 503 } }]);
    expect((await site.run('verify', '--delivered')).stdout).toMatch(/^4 files: 4 the same/);
  });

  test('tells what is at Cloudinary alone, and holds it against a site that leaves', async () => {
    await site.run('push');
    await rm(join(site.dir, 'content/files'), { recursive: true });
    const kept = await site.run('verify');
    expect(kept.stdout).toMatch(/^3 files: 3 the same, .* 1 at Cloudinary alone/);
    expect(kept.code).toBe(0);
    const leaving = await site.run('verify', '--both');
    expect(leaving.stdout).toContain('✘ files/2026/11/paper.pdf: is at Cloudinary alone.');
    expect(leaving.code).toBe(1);
    await site.run('pull');
    expect((await site.run('verify', '--both')).code).toBe(0);
  });

  test('compares what is here with what is there', async () => {
    await site.run('push');
    expect((await site.run('verify', '--delivered')).stdout).toMatch(/^4 files: 4 the same/);
    await site.place('content/images/2026/11/cat.png', await picture(6));
    await site.place('content/media/2026/11/new.wav', sound(100));
    site.cloudinary.settings.set({ deliverPdfAndZip: false });
    const { code, stdout } = await site.run('verify', '--delivered');
    expect(stdout).toContain('✘ images/2026/11/cat.png: is another file at Cloudinary.');
    expect(stdout).toContain('✘ media/2026/11/new.wav: is not at Cloudinary.');
    expect(stdout).toContain('✘ files/2026/11/paper.pdf: is at Cloudinary and not delivered.');
    expect(code).toBe(1);
  });
});
