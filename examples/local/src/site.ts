import type { AdminClient, GhostInstall, RunningGhost } from '@prosora/ghost-local';
import type { Sandbox } from '@prosora/sandbox';
import type { RunningService } from './service-process.ts';

/** Everything that runs, as a proof sees it. */
export interface Site {
  /** What a reader types, without a slash at its end. */
  url: string;
  install: GhostInstall;
  ghost: RunningGhost;
  admin: AdminClient;
  sandbox: Sandbox;
  /** The bridge between Ghost and Resend. */
  mail: RunningService;
  /** The inbox between Stripe and Ghost. */
  stripe: RunningService;
}

/** One promise of the product, shown on something that is new in this run. */
export interface Proof {
  /** The promise, as a sentence. */
  claim: string;
  /**
   * Resolves to what was seen.
   *
   * @throws AssertionError when the promise does not hold, Unproven when this machine cannot show it.
   */
  prove(site: Site): Promise<string>;
}

/** Says what this machine lacks to show a promise; in CI that is a failure. */
export class Unproven extends Error {}
