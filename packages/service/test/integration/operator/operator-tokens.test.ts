import fs, { mkdtempSync, readdirSync, statSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import * as z from 'zod';
import {
  createLogger,
  createMetrics,
  createOperatorClient,
  findOperatorTokens,
  openOperatorTokens,
  operation,
  serveOperations,
  startPrivateListener,
} from '../../../src/index.ts';

const { linkSync } = fs;
afterEach(() => setLink(linkSync));

function setLink(link: typeof linkSync): void {
  fs.linkSync = link;
  syncBuiltinESMExports();
}

test.each(['EPERM', 'ENOTSUP'])(
  'tokens are made, once, on a volume without hard links (%s)',
  (code) => {
    const dataDir = mkdtempSync(join(tmpdir(), 'tokens-'));
    // No file system without them can be mounted by whoever runs this.
    setLink(() => {
      throw Object.assign(new Error('no links'), { code });
    });
    const made = openOperatorTokens({ dataDir });
    expect(openOperatorTokens({ dataDir })).toEqual(made);
    expect(findOperatorTokens({ dataDir })).toEqual(made);
    expect(readdirSync(dataDir)).toEqual(['operator-tokens.json']);
    expect(statSync(join(dataDir, 'operator-tokens.json')).mode & 0o777).toBe(0o600);
  },
);

test('while a token changes both open, and whoever calls shows the first', async () => {
  const [former, next] = ['f'.repeat(32), 'n'.repeat(32)];
  const dataDir = mkdtempSync(join(tmpdir(), 'tokens-'));
  const changing = { dataDir, operatorToken: `${former},${next}` };
  const tokens = openOperatorTokens(changing);
  const nothing = z.object({});
  const operations = {
    pause: operation({ summary: 'Pauses', access: 'write', input: nothing, output: nothing }),
  };
  const logger = createLogger({ name: 'example', level: 'silent' });
  const listener = await startPrivateListener({
    host: '127.0.0.1',
    port: 0,
    metrics: createMetrics('example'),
    routes: serveOperations({ operations, handlers: { pause: () => ({}) }, tokens, logger }),
  });
  await using _listener = listener;
  const pause = (token: string) =>
    createOperatorClient(operations, { url: listener.url, token }).ask('pause', {});
  for (const token of [former, next]) expect(await pause(token)).toEqual({});
  await expect(pause(`${former},${next}`)).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
  expect(findOperatorTokens(changing)?.write).toBe(former);
  Object.assign(tokens, openOperatorTokens({ dataDir, operatorToken: next }));
  await expect(pause(former)).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
});
