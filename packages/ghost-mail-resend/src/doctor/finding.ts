/** One thing that was looked at. */
export interface Finding {
  what: string;
  ok: boolean;
  /** What is so, and when it is not well, what to do. */
  sentence: string;
}
