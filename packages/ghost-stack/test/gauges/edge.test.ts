import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { beginOf } from '../../src/gauges/edge.ts';

test('an answer of any size is read to its end, and its beginning alone is held', async () => {
  const chunk = 'ä'.repeat(50_000);
  let left = 100;
  const answer = new Readable({
    read() {
      left -= 1;
      this.push(left < 0 ? null : Buffer.from(chunk));
    },
  });
  expect((await beginOf(answer)).length).toBeLessThanOrEqual(1_000_000 + chunk.length);
  expect(left).toBeLessThan(0);
  expect(await beginOf(Readable.from([Buffer.from('<p>'), Buffer.from('ä')]))).toBe('<p>ä');
});
