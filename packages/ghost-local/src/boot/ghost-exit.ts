/** How a process ended: one of the two is null. */
export interface GhostExit {
  exitCode: number | null;
  signal: NodeJS.Signals | null;
}
