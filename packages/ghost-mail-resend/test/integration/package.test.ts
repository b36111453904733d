import { once } from 'node:events';
import { join } from 'node:path';
import { startSandbox } from '@prosora/sandbox';
import { type PackedPackage, packed } from '@prosora/service/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bridgeEnv, runVerb, serveBridge } from '../fixtures/bridge-process.ts';
import { delivered, membersOf, newsletterForm, post } from '../fixtures/bridge-with-resend.ts';

const NAME = '@prosora/ghost-mail-resend';

let installed: PackedPackage;
let cli: string;

beforeAll(async () => {
  installed = await packed(join(import.meta.dirname, '../..'));
  cli = join(installed.home, 'dist/cli.js');
});
afterAll(() => installed[Symbol.asyncDispose]());

test('the tarball alone serves: a newsletter goes from Ghost to Resend', async () => {
  const settings = { requestsPerSecond: 500 };
  await using sandbox = await startSandbox({
    port: 0,
    dataDir: join(installed.dir, 'sandbox'),
    vendors: { resend: { settings } },
  });
  const command = { env: bridgeEnv(sandbox.resend, join(installed.dir, 'mail')), file: cli };
  using bridge = await serveBridge(command);
  const { child, url } = bridge;
  sandbox.resend.settings.set({ webhookUrl: `${url}/webhooks/resend` });
  await post({ bridge: { url } as never }, newsletterForm(membersOf(120)));
  await delivered(sandbox.resend, 120);
  child.kill('SIGTERM');
  expect(await once(child, 'exit')).toEqual([0, null]);
  const { output } = await runVerb(command, ['status']);
  expect(output).toContain('sent 120  unknown 0  canceled 0  delivered 120');
});

test('the library loads by import and by require', async () => {
  const use = `console.log(substitute('%recipient.name%', { name: '$&' }));`;
  for (const args of [
    ['--input-type=module', '-e', `import { substitute } from '${NAME}';${use}`],
    ['-e', `const { substitute } = require('${NAME}');${use}`],
  ]) {
    expect(await installed.node(args)).toBe('$&\n');
  }
});
