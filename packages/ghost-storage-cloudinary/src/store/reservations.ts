/** Held: being uploaded or promised to a caller. Otherwise the MD5 of the bytes stored there. */
type State = { held: true } | { held: false; md5: string };

/** Enough for every name that can be fought over at once; older ones are safe at Cloudinary. */
const REMEMBERED = 10_000;

/**
 * Which paths this process has given out.
 *
 * Inside one Ghost process a name is unique because it is claimed here, synchronously, before
 * anything is sent; Cloudinary's `overwrite=false` is only asked about other processes.
 */
export class Reservations {
  readonly #states = new Map<string, State>();

  /** Claims a path; false when another upload holds it or other bytes are known to be stored there. */
  claim(path: string, md5?: string): boolean {
    const state = this.#states.get(path);
    if (state && (state.held || state.md5 !== md5)) return false;
    this.#states.set(path, { held: true });
    return true;
  }

  /** Takes a path whatever was known of it: what is stored there is being replaced. */
  hold(path: string): void {
    this.#states.set(path, { held: true });
  }

  /** Gives a claimed path back: nothing was stored. */
  release(path: string): void {
    this.#states.delete(path);
  }

  /** Records what is stored under a path, whether we put it there or found it. */
  settle(path: string, md5: string): void {
    this.#states.delete(path);
    this.#states.set(path, { held: false, md5 });
    if (this.#states.size > REMEMBERED) this.#forgetOldest();
  }

  /** Whether this process stored or found a file, or these very bytes, under the path and has not deleted it since. */
  isStored(path: string, md5?: string): boolean {
    const state = this.#states.get(path);
    return state?.held === false && (md5 === undefined || state.md5 === md5);
  }

  /** Whether an upload is under way to the path, or the path is promised. */
  isHeld(path: string): boolean {
    return this.#states.get(path)?.held === true;
  }

  #forgetOldest(): void {
    for (const [path, state] of this.#states) {
      if (state.held) continue;
      this.#states.delete(path);
      return;
    }
  }
}
