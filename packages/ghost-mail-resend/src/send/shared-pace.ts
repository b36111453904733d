import type { Clock } from '@prosora/durable';
import { peekNote, readNote, writeNote } from '../store/notes.ts';
import type { MailStore, MailTx } from '../store/schema.ts';
import { type Called, learnPace, newPace, type PaceState, paceSchema, takeTurn } from './pace.ts';

/** Lets calls begin as fast as Resend allows the team, all processes of the bridge together. */
export interface SharedPace {
  /**
   * Resolves when the call `holder` may begin; `also` is written in the transaction that books its turn,
   * which it refuses by `false`: then nothing is booked, and the outcome is `false`.
   */
  take(turn: TurnRequest, signal: AbortSignal): Promise<boolean>;
  /** Reads what an answer says about the limit, in the transaction that settles its call. */
  learn(tx: MailTx, called: Called): Promise<void>;
  /** No call before this time, in ms since 1970. */
  holdUntil(tx: MailTx, time: number): Promise<void>;
}

/** Who asks for a turn. */
interface TurnRequest {
  /** The call that will `learn` of its answer; none for one that will not. */
  holder?: string;
  /** Goes ahead of newsletters. */
  isUrgent: boolean;
  also?: (tx: MailTx) => Promise<boolean>;
}

/** A hold can end early, when another process learns so. */
const LONGEST_WAIT_MS = 5_000;

/** Ends a wait that Resend asked for, since a person knows better: the plan was changed. */
export async function liftHold(tx: MailTx): Promise<void> {
  await writePace(tx, { ...(await readPace(tx)), heldUntil: 0 });
}

/** Keeps the pace in a row of the store, so that it holds for every process and outlives each. */
export function createSharedPace(store: MailStore, clock: Clock): SharedPace {
  async function change(tx: MailTx, work: (pace: PaceState) => void): Promise<void> {
    const pace = await readPace(tx);
    work(pace);
    await writePace(tx, pace);
  }

  return {
    async take({ holder, isUrgent, also }, signal) {
      for (;;) {
        signal.throwIfAborted();
        const outcome = await store.transaction(async (tx) => {
          const pace = await readPace(tx);
          const turn = takeTurn(pace, holder, isUrgent, clock.now());
          if ('askAt' in turn) return turn;
          if (also !== undefined && !(await also(tx))) return undefined;
          await writePace(tx, pace);
          return turn;
        });
        if (outcome === undefined) return false;
        const until = 'at' in outcome ? outcome.at : outcome.askAt;
        const waitMs = Math.ceil(until - clock.now());
        if (waitMs > 0) await clock.sleep(Math.min(waitMs, LONGEST_WAIT_MS), signal);
        if ('at' in outcome) return true;
      }
    },
    learn: (tx, called) => change(tx, (pace) => learnPace(pace, called)),
    holdUntil: (tx, time) =>
      change(tx, (pace) => {
        pace.heldUntil = Math.max(pace.heldUntil, time);
      }),
  };
}

/** Locks the row, so that two processes never book the same turn. */
async function readPace(tx: MailTx): Promise<PaceState> {
  return parsePace(await readNote(tx, 'pace'));
}

async function writePace(tx: MailTx, pace: PaceState): Promise<void> {
  await writeNote(tx, 'pace', JSON.stringify(pace));
}

function parsePace(text: string | undefined): PaceState {
  return paceSchema.safeParse(JSON.parse(text ?? '{}')).data ?? newPace();
}

/** What `status` says of the limit. */
export async function describePace(store: MailStore): Promise<{ limit: number; heldUntil: Date }> {
  const { limit, heldUntil } = parsePace(await peekNote(store, 'pace'));
  return { limit, heldUntil: new Date(heldUntil) };
}
