import { mkdtempSync, rmSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { askEngine, startControl } from '../../src/care/control.ts';

let dataDir: string;

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'prosora-control-'));
});

afterEach(() => rmSync(dataDir, { recursive: true }));

test('a verb is answered', async () => {
  await using _control = await startControl(dataDir, { say: async ({ word }) => ({ word }) });
  expect(await askEngine(dataDir, 'say', { word: 'yes' })).toEqual({ word: 'yes' });
});

test.each(['toString', 'constructor', '__proto__', 'nothing'])(
  'the verb %s, which is none, is refused',
  async (verb) => {
    await using _control = await startControl(dataDir, { say: async () => 'yes' });
    await expect(askEngine(dataDir, verb)).rejects.toMatchObject({
      code: 'REFUSED',
      message: `There is no /${verb} here.`,
    });
  },
);

test('where nothing listens, no engine runs', async () => {
  await expect(askEngine(dataDir, 'say')).rejects.toMatchObject({ code: 'NOT_RUNNING' });
});

test('a socket that cannot be asked does not mean that no engine runs', async () => {
  const tooLong = join(dataDir, 'x'.repeat(200));
  await expect(askEngine(tooLong, 'say')).rejects.toMatchObject({ code: 'UNREACHABLE' });
});

test('a request that is cut off does not end the engine', async () => {
  await using _control = await startControl(dataDir, { say: async () => 'still here' });
  const socket = createConnection(join(dataDir, 'engine.sock'));
  await new Promise<void>((resolve) => {
    socket.write('POST /say HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{', () => resolve());
  });
  socket.destroy();
  expect(await askEngine(dataDir, 'say')).toBe('still here');
});
