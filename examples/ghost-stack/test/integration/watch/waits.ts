import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where the stack has what it is watched by. */
export const WATCH = join(import.meta.dirname, '../../../watch');

/** The environment in which vmalert reads the rules, with the waits as they come. */
export function waits(): Record<string, string> {
  const lines = readFileSync(join(WATCH, 'waits.env'), 'utf8').matchAll(/^(\w+)=.*:-(.+)\}$/gm);
  return Object.fromEntries([...lines].map(([, name = '', value = '']) => [name, value]));
}
