import { describe, expect, it } from 'vitest';
import { createEndOfTurn } from '../../src/hit/end-of-turn.ts';

describe('the end of a turn', () => {
  it('comes once for all who wait in the turn, after what was due before them', async () => {
    const endOfTurn = createEndOfTurn();
    const done: string[] = [];
    const work = async (name: string) => {
      await endOfTurn();
      done.push(name);
    };
    const between = new Promise<void>((resolve) =>
      setImmediate(() => {
        done.push('read');
        resolve();
      }),
    );
    await Promise.all([work('first'), work('second'), between]);
    expect(done).toEqual(['read', 'first', 'second']);
  });

  it('comes again for who waits after it', async () => {
    const endOfTurn = createEndOfTurn();
    const first = endOfTurn();
    await first;
    expect(endOfTurn()).not.toBe(first);
    await endOfTurn();
  });
});
