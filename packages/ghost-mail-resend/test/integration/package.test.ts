import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startSandbox } from '@prosora/sandbox';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bridgeEnv, runVerb, serveBridge } from '../bridge-process.ts';
import { delivered, membersOf, newsletterForm, post } from '../bridge-with-resend.ts';

const run = promisify(execFile);
const packageDir = fileURLToPath(new URL('../..', import.meta.url));
const NAME = '@prosora/ghost-mail-resend';

let dir: string;
let cli: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'mail-packed-'));
  const packed = await run('npm', ['pack', '--json', '--pack-destination', dir], {
    cwd: packageDir,
  });
  const [{ filename }] = JSON.parse(packed.stdout);
  await writeFile(join(dir, 'package.json'), '{"private":true}');
  // Without the network: whatever it needed besides itself would be missing.
  await run('npm', ['install', '--offline', '--no-audit', '--no-fund', `./${filename}`], {
    cwd: dir,
  });
  cli = join(dir, 'node_modules', NAME, 'dist/cli.js');
});
afterAll(() => rm(dir, { recursive: true, force: true }));

test('the tarball alone serves: a newsletter goes from Ghost to Resend', async () => {
  const settings = { requestsPerSecond: 500 };
  await using sandbox = await startSandbox({
    port: 0,
    dataDir: join(dir, 'sandbox'),
    vendors: { resend: { settings } },
  });
  const command = { env: bridgeEnv(sandbox.resend, join(dir, 'mail')), file: cli };
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
    expect((await run(process.execPath, args, { cwd: dir })).stdout).toBe('$&\n');
  }
});
