import { type Asking, createAsking } from './callbacks/asking.ts';
import { callGhost } from './callbacks/call-ghost.ts';
import { type Callback, callbackOf, type ScheduledJob } from './callbacks/callback.ts';
import { BOOT_MS, type Keeper, startKeeper } from './callbacks/keeper.ts';
import { ghostRequire, runningGhost } from './config/ghost.ts';
import { parseConfig } from './config/parse-config.ts';
import type { JobsOptions } from './options.ts';
import { openWhenPossible } from './store/open-when-possible.ts';
import { placeOf } from './store/place.ts';

/** Ghost's own: only a subclass of it is a scheduling adapter. */
const { SchedulingBase } = ghostRequire()('@tryghost/adapter-base-scheduling') as {
  SchedulingBase: new () => {
    readonly requiredFns: readonly string[];
    rescheduleAll(options?: object): Promise<unknown>;
  };
};

const never = new AbortController().signal;

/**
 * Ghost's scheduling adapter: a callback is kept, without its token, and is tried until Ghost has answered.
 *
 * Ghost's own rows say what is scheduled, so it is asked after each boot, and whenever that is not known.
 */
export default class DurableScheduling extends SchedulingBase {
  /** Tokens are not kept: Ghost has to ask again after a boot. */
  readonly rescheduleOnBoot = true;
  readonly #options: JobsOptions;
  readonly #known = new Map<string, Callback>();
  /** Those of them that the store has not taken yet. */
  readonly #unkept = new Set<string>();
  readonly #asking: Asking;
  #keeper: Keeper | undefined;
  #storeWorks = false;
  #isRunning = false;

  /** Called by Ghost at boot. @throws JobsError JOBS_CONFIG_INVALID with every problem at once */
  static validate(config: unknown): void {
    placeOf(parseConfig(config), runningGhost());
  }

  /** @param config the adapter's block in Ghost's config. @throws JobsError JOBS_CONFIG_INVALID */
  constructor(config?: unknown) {
    super();
    this.#options = parseConfig(config);
    this.#asking = createAsking(() => this.rescheduleAll());
  }

  /** Called by Ghost once, in the midst of its boot. */
  run(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    void this.#open().then(() => this.#lookAfterUnkept());
    setTimeout(() => void this.#askForStrange(), BOOT_MS).unref();
  }

  /** Resolves once the callback is on disk; it is in memory at once. @throws what the store throws */
  async schedule(job: ScheduledJob): Promise<void> {
    const callback = callbackOf(job);
    this.#known.set(callback.id, callback);
    this.#asking.hear(callback.id);
    await this.#keep(callback);
  }

  /** @param options `bootstrap`: Ghost schedules the same again at once. @throws what the store throws */
  async unschedule(job: ScheduledJob, options?: { bootstrap?: boolean }): Promise<void> {
    if (options?.bootstrap || !job.time) return;
    const callback = callbackOf(job);
    this.#known.delete(callback.id);
    this.#unkept.delete(callback.id);
    await this.#keeper?.forget(callback);
  }

  async #keep(callback: Callback): Promise<void> {
    this.#unkept.add(callback.id);
    if (this.#keeper === undefined) return;
    await this.#keeper.keep(callback);
    this.#unkept.delete(callback.id);
  }

  async #open(): Promise<void> {
    const ghost = runningGhost();
    const opening = { place: placeOf(this.#options, ghost), log: ghost.log, signal: never };
    await openWhenPossible(opening, async ({ store }) => {
      this.#keeper = startKeeper({
        store,
        known: this.#known,
        asking: this.#asking,
        timeoutMs: this.#options.callbackTimeoutMs,
        keepDays: this.#options.keepDays,
        startedAt: Date.now(),
        log: ghost.log,
        onStore: (works) => {
          this.#storeWorks = works;
        },
      });
      // What comes while these are kept is kept by `schedule`.
      this.#storeWorks = true;
      await Promise.allSettled([...this.#known.values()].map((callback) => this.#keep(callback)));
    });
  }

  /** Gift reminders are asked for at no boot: their tokens have to be had before they are due. */
  async #askForStrange(): Promise<void> {
    if (await this.#keeper?.hasStrange().catch(() => false)) await this.#asking.ask();
  }

  /** What Ghost asked for is in memory: what the store has not is as good there as with Ghost's own scheduler. */
  async #lookAfterUnkept(): Promise<void> {
    for (const id of this.#unkept) {
      const callback = this.#known.get(id);
      if (callback === undefined) continue;
      const isKept = await this.#keep(callback).then(
        () => true,
        () => false,
      );
      if (!isKept) break;
    }
    for (const id of this.#storeWorks ? this.#unkept : this.#known.keys()) {
      const callback = this.#known.get(id);
      if (callback === undefined || callback.time > Date.now()) continue;
      const { kind } = await callGhost(callback, never, this.#options.callbackTimeoutMs);
      if (kind !== 'done' && kind !== 'nothing') continue;
      this.#known.delete(id);
      this.#unkept.delete(id);
    }
    setTimeout(() => void this.#lookAfterUnkept(), 1_000).unref();
  }
}
