/** Why the wall clock is not believed. */
export interface ClockDoubt {
  /** Steady time at which the jump was seen, in milliseconds since 1970. */
  since: number;
  /** How far the wall clock is ahead of steady time, in milliseconds; negative when it was set back. */
  stepMs: number;
  /** The machine was started since the last look and its clock is behind it, so nobody knows how long it was off. */
  isAbsenceUnknown: boolean;
}
