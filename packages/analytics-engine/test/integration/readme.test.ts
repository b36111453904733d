import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { ADMIN_TOKEN, startTestEngine } from '../fixtures/test-engine.ts';

test('the example of the README prints what it says', async () => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  const [, code = ''] = /```js\n(.*?)```/s.exec(readme) ?? [];
  await using engine = await startTestEngine();
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--input-type=module', '--eval', code],
    {
      env: { ENGINE_URL: engine.url, PROSORA_ENGINE_ADMIN_TOKEN: ADMIN_TOKEN },
    },
  );
  expect(stdout.trim()).toBe(/console\.log\(.*\/\/ (.*)/.exec(code)?.[1]);
});
