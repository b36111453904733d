/** The database beside the served one in which nothing is kept. */
export const TRIAL_DATABASE = 'trial';

/** Where a table of the project is in the trial database. */
export function inTrial(table: string): string {
  return `${TRIAL_DATABASE}.${table}`;
}
