import { randomUUID } from 'node:crypto';
import type { Breaker } from '@prosora/durable';
import { every } from '@prosora/service';
import type { Inbox } from '../inbox/inbox.ts';

/** Whether it is this process that delivers to Ghost, of several that share an inbox. */
export interface Turn extends AsyncDisposable {
  isMine(): boolean;
}

/** How often a process whose turn it is not looks again. */
const LOOK_AGAIN_MS = 1_000;

/**
 * Takes turns with the other processes: each keeps below Ghost's own rate by itself, so two would go above
 * it. One that was killed has its turn for `ms` more.
 */
export async function takeTurns(
  inbox: Pick<Inbox, 'holdTurn' | 'endTurn'>,
  ms: number,
  onError: (error: unknown) => void,
): Promise<Turn> {
  const holder = randomUUID();
  let mineUntil = 0;
  const hold = async (): Promise<void> => {
    const askedAt = performance.now();
    const isHeld = await inbox.holdTurn(holder, ms);
    mineUntil = isHeld ? askedAt + ms : 0;
  };
  await hold();
  const holding = every(Math.min(ms / 3, LOOK_AGAIN_MS), hold, onError);
  return {
    isMine: () => performance.now() < mineUntil,
    async [Symbol.asyncDispose]() {
      await holding[Symbol.asyncDispose]();
      mineUntil = 0;
      await inbox.endTurn(holder);
    },
  };
}

/** A breaker that lets nothing through while it is another process's turn. */
export function breakerInTurn(breaker: Breaker, { isMine }: Pick<Turn, 'isMine'>): Breaker {
  return {
    get state() {
      return breaker.state;
    },
    allowance: () => (isMine() ? breaker.allowance() : 0),
    msUntilProbe: () => (isMine() ? breaker.msUntilProbe() : LOOK_AGAIN_MS),
    record: breaker.record,
  };
}
