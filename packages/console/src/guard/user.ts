/** Who reads the console: an active user of Ghost's with one of the two roles that see everything. */
export interface User {
  /** Ghost's. */
  id: string;
  name: string;
  email: string;
  role: 'Owner' | 'Administrator';
}

/** Who acts, for the log of a service. */
export function callerOf({ name, email }: User): string {
  return `${name} <${email}> in the console`;
}
