import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type CommandSite, startCommandSite } from '../../fixtures/command.ts';

let site: CommandSite;
beforeAll(async () => {
  site = await startCommandSite({ folderMode: 'fixed' });
});
afterAll(() => site[Symbol.asyncDispose]());
afterEach(async () => {
  await site.cloudinary.reset();
  await site.configure();
});

describe('the doctor', () => {
  test('finds an account and a config as they should be, and leaves nothing behind', async () => {
    const { code, stdout, stderr } = await site.run('doctor');
    expect(stderr).toBe('');
    for (const line of [
      /✔ config: .*names @prosora\/ghost-storage-cloudinary as storage.active/,
      /✔ media: Ghost stores media at Cloudinary/,
      /✔ files: Ghost stores files at Cloudinary/,
      /✔ credentials: They are those of the cloud prosora/,
      /✔ plan: The plan Free takes images of up to 10 MiB \(sizes of up to 25 megapixels\), videos of up to 100 MiB and other files of up to 10 MiB/,
      /✔ folders: They are fixed/,
      /✔ sizes: They are made for unsigned URLs/,
      /✔ pdf: PDF and ZIP files are delivered/,
      /✔ names: .*overwrite=false is atomic/,
    ]) {
      expect(stdout).toMatch(line);
    }
    expect(stdout).not.toContain('✘');
    expect(code).toBe(0);
    expect(site.cloudinary.assets()).toEqual([]);
  });

  test.each([
    [{ deliverPdfAndZip: false }, /✘ pdf: .*Settings, Security, PDF and ZIP files delivery/, 1],
    [
      { strictTransformations: true },
      /✘ sizes: .*strict transformations.*Set signedUrls to true/,
      1,
    ],
    [{ overwriteNotAtomic: true }, /! names: .*Set naming to "hash" to do away with it/, 0],
    [
      { folderMode: 'dynamic' as const },
      /! folders: They are dynamic.*Set folderMode to "dynamic"/,
      0,
    ],
    [{ adminCallsPerHour: 0 }, /✘ credentials: .*Rate Limit Exceeded/, 1],
  ])('sees an account with %j', async (settings, line, expected) => {
    site.cloudinary.settings.set(settings);
    await site.configure({ retries: 0 });
    const { code, stdout } = await site.run('doctor');
    expect(stdout).toMatch(line);
    expect(code).toBe(expected);
  });

  test('is content with signed URLs on an account with strict transformations', async () => {
    site.cloudinary.settings.set({ strictTransformations: true });
    await site.configure({ signedUrls: true });
    expect((await site.run('doctor')).stdout).toMatch(/✔ sizes: They are made for signed URLs/);
  });

  test.each([
    [{ apiSecret: 'wrong' }, {}, /✘ credentials: .*Compare cloudName, apiKey and apiSecret/],
    [{ folderMode: 'dynamic' }, {}, /✘ folders: The account has fixed folders/],
    [{ shrink: true, imageMaxBytes: 20_000_000 }, {}, /✘ shrink: .*Set imageMaxBytes to 10485760/],
    [{ folde: 'x' }, {}, /✘ options: .*"folde" is not an option: did you mean "folder"\?/s],
    [{ delivery: 'edge' }, {}, /✘ options: .*set urls\.image to its origin/s],
    [{}, { urls: { image: 'https://c.example.com/content/images' } }, /✘ urls: .*must end before/],
    [{}, { imageOptimization: {} }, /! originals: Ghost uploads each image twice/],
    [{}, { paths: { contentPath: '/nowhere' } }, /✘ content: .*\/nowhere is not there/],
  ])('sees a config with %j and %j', async (block, rest, line) => {
    await site.configure(block, rest);
    expect((await site.run('doctor')).stdout).toMatch(line);
  });

  test.each([
    [
      { media: undefined },
      /! media: Ghost keeps media on this machine\. To have them at Cloudinary, write "media"/,
    ],
    [{ media: { adapter: 'other' } }, /! media: Another adapter stores media/],
    [
      { media: '@prosora/ghost-storage-cloudinary' },
      /✘ media: The adapter would take media for images.*Write "media": \{"adapter"/,
    ],
  ])('knows what Ghost makes of %j', async (changes, line) => {
    const adapter = '@prosora/ghost-storage-cloudinary';
    const storage = {
      active: adapter,
      [adapter]: { cloudinaryUrl: site.cloudinary.cloudinaryUrl },
      files: { adapter, store: 'files' },
      ...changes,
    };
    await site.configure({}, { storage });
    expect((await site.run('doctor')).stdout).toMatch(line);
  });

  test('opens the block of every store that is ours, and says a mistake of all once', async () => {
    const adapter = '@prosora/ghost-storage-cloudinary';
    const storageOf = (block: object, media: object) => ({
      storage: {
        active: adapter,
        [adapter]: { cloudinaryUrl: site.cloudinary.cloudinaryUrl, ...block },
        media: { adapter, store: 'media', ...media },
        files: { adapter: 'other', folde: 'not ours' },
      },
    });
    await site.configure({}, storageOf({}, { folde: 'x' }));
    const own = await site.run('doctor');
    expect(own.stdout).toMatch(/✘ options of media: .*did you mean "folder"\?/s);
    expect(own.stdout.match(/did you mean/g)).toHaveLength(1);
    expect(own.stdout).toContain('✔ credentials');
    expect(own.code).toBe(1);
    await site.configure({}, storageOf({ folde: 'x' }, {}));
    expect((await site.run('doctor')).stdout.match(/did you mean/g)).toHaveLength(1);
  });

  test.each(['media', 'files'])('looks for the edge of %s', async (store) => {
    const urls = { image: 'https://img.example.com', [store]: '' };
    const all = { media: 'https://img.example.com', files: 'https://img.example.com' };
    await site.configure({ delivery: 'edge' }, { urls: { ...all, ...urls } });
    expect((await site.run('doctor')).stdout).toMatch(
      new RegExp(`✘ options of ${store}: .*set urls\\.${store} to its origin`, 's'),
    );
  });

  test('tells a program what it found, with the remedy apart', async () => {
    await site.configure({ folderMode: 'dynamic' });
    const { code, stdout, stderr } = await site.run('doctor', '--json');
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toContainEqual({
      name: 'folders',
      status: 'fail',
      sentence: 'The account has fixed folders.',
      remedy: 'Set folderMode to "fixed".',
    });
    expect(code).toBe(1);
  });

  test('leaves nothing behind for a reader who has seen enough', async () => {
    const { child, end } = site.start('doctor');
    child.stdout.on('data', (text) => String(text).includes('folders:') && child.stdout.destroy());
    const { code, stderr } = await end;
    expect(stderr).toBe('');
    expect(code).toBe(141);
    expect(site.cloudinary.requests.list(/upload$/)).not.toEqual([]);
    expect(site.cloudinary.assets()).toEqual([]);
  });

  test('never shows the secret', async () => {
    for (const block of [
      {},
      { apiSecret: 'wrong-secret' },
      { uploadPrefix: 'http://127.0.0.1:1' },
    ]) {
      await site.configure({ ...block, retries: 0 });
      const { stdout, stderr } = await site.run('doctor');
      expect(stdout + stderr).not.toContain(site.cloudinary.apiSecret);
      expect(stdout + stderr).not.toContain('wrong-secret');
    }
  });
});

test.each([
  [['psuh'], 2, /has no verb "psuh"\. Did you mean "push"\?/],
  [['push', '--dryrun'], 2, /no flag --dryrun\. Did you mean "--dry-run"\?/],
  [['pull', '--both'], 2, /`ghost-cloudinary pull` has no flag --both/],
  [['--dry-run', 'push'], 2, /Name a verb before --dry-run/],
  [['edge'], 2, /Usage: ghost-cloudinary edge <caddy\|nginx\|worker>/],
  [['push', '--stores', 'pictures'], 2, /pictures is not one of images, media, files/],
  [['push', '--concurrency', 'many'], 2, /--concurrency must be 1 to 99/],
  [['push', '--config', 'nowhere.json'], 1, /nowhere\.json cannot be read/],
  [['edge', 'apache'], 2, /edge needs one of caddy, nginx, worker/],
])('a wrong command ends with its exit code and a sentence: %j', async (args, code, sentence) => {
  const run = await site.run(...args);
  expect(run.stderr).toMatch(sentence);
  expect(run.code).toBe(code);
});
