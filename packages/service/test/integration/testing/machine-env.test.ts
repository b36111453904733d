import { expect, test } from 'vitest';
import { runCommand } from '../../../src/testing/index.ts';

test('a command under test shares what Node has compiled in this run, and none of our other variables', async () => {
  expect(process.env['NODE_COMPILE_CACHE']).toBeTruthy();
  const { stdout } = await runCommand(['--print', 'JSON.stringify(process.env)'], { OWN: 'yes' });
  const { PATH, NODE_COMPILE_CACHE } = process.env;
  expect(JSON.parse(stdout)).toEqual({ PATH, NODE_COMPILE_CACHE, OWN: 'yes' });
});
