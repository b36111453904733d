import type { ClockDoubt } from './clock-doubt.ts';
import type { ClockGuard } from './clock-guard.ts';

/** Who hears of what the guard sees. */
export interface KeepLookingOptions {
  /** Once for each jump. */
  onDoubt: (doubt: ClockDoubt) => void;
  /** The clock is believed again. */
  onBelieved: () => void;
  /** The state could not be kept. */
  onFault: (error: unknown) => void;
  /** In milliseconds. (Default: a minute) */
  everyMs?: number;
}

/** Lets the guard look at the clock each minute. Returns what stops it. */
export function keepLooking(guard: ClockGuard, options: KeepLookingOptions): () => void {
  const { onDoubt, onBelieved, onFault, everyMs = 60_000 } = options;
  let wasDoubted = false;
  const tell = (): void => {
    const doubt = guard.doubt();
    if (doubt && !wasDoubted) onDoubt(doubt);
    if (!doubt && wasDoubted) onBelieved();
    wasDoubted = doubt !== undefined;
  };
  tell();
  const timer = setInterval(() => guard.look().then(tell, onFault), everyMs).unref();
  return () => clearInterval(timer);
}
