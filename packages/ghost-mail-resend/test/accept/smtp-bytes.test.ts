import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createMailBytes, createRoom } from '../../src/accept/smtp-bytes.ts';

test('of a mail never more than the limit is held, and of a larger one nothing', () => {
  const sizes = fc.array(fc.nat({ max: 4_000 }), { maxLength: 60 });
  fc.assert(
    fc.property(sizes, fc.integer({ min: 1, max: 20_000 }), (pieces, limit) => {
      const bytes = createMailBytes(limit);
      for (const [at, size] of pieces.entries()) {
        bytes.append(Buffer.alloc(size, at));
        expect(bytes.held).toBeLessThanOrEqual(limit);
      }
      const sent = Buffer.concat(pieces.map((size, at) => Buffer.alloc(size, at)));
      if (sent.length <= limit) expect(bytes.whole()).toEqual(sent);
      else {
        expect(bytes.held).toBe(0);
        expect(() => bytes.whole()).toThrow(expect.objectContaining({ status: 552 }));
      }
    }),
  );
});

test('a room lets in as many as it has places, in the order they came', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 4 }),
      fc.array(fc.nat({ max: 3 }), { maxLength: 30 }),
      async (places, stays) => {
        const room = createRoom(places);
        const entered: number[] = [];
        let inside = 0;
        await Promise.all(
          stays.map(async (turns, at) => {
            using _place = await room.enter();
            entered.push(at);
            inside += 1;
            expect(inside).toBeLessThanOrEqual(places);
            for (let turn = 0; turn < turns; turn++) await Promise.resolve();
            inside -= 1;
          }),
        );
        expect(entered).toEqual(stays.map((_, at) => at));
      },
    ),
  );
});
