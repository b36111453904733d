import { join } from 'node:path';
import { type PackedPackage, packed, spawnService } from '@prosora/service/testing';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { cdnEnv, readerSees, startZone, tell } from '../fixtures/cdn.ts';
import { startSite } from '../fixtures/site.ts';

const NAME = '@prosora/ghost-cdn-cloudflare';

let installed: PackedPackage;

beforeAll(async () => {
  installed = await packed(join(import.meta.dirname, '../..'));
});
afterAll(() => installed[Symbol.asyncDispose]());

test('the tarball alone serves: a change goes from Ghost to the edge', async () => {
  await using site = await startSite();
  await using zone = await startZone(site);
  const cdn = await spawnService(
    [join(installed.home, 'dist/cli.js')],
    cdnEnv(zone.cloudflare, site),
  );
  await readerSees(zone.cloudflare);
  const version = site.change();
  expect(await tell(cdn.url)).toBe(200);
  await vi.waitFor(async () => {
    expect((await readerSees(zone.cloudflare)).text).toBe(`version ${version}`);
  });
  expect(await cdn.end('SIGTERM')).toBe(0);
});

test('the library loads by import and by require', async () => {
  const use = `const secrets = ['a-secret-of-the-webhook'];
    console.log(verifyGhostSignature(Buffer.from('{}'), signAsGhost('{}', secrets[0]), { secrets }).ok);`;
  for (const args of [
    [
      '--input-type=module',
      '-e',
      `import { signAsGhost, verifyGhostSignature } from '${NAME}';${use}`,
    ],
    ['-e', `const { signAsGhost, verifyGhostSignature } = require('${NAME}');${use}`],
  ]) {
    expect(await installed.node(args)).toBe('true\n');
  }
});
