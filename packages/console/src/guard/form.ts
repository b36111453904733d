import type { Context } from 'hono';
import type { ConsoleEnv, Form } from './room.ts';

/** What was posted with a question that changes nothing, such as a search for a reader. */
export async function formOf(c: Context<ConsoleEnv>): Promise<Form> {
  return new URLSearchParams(await c.req.text());
}
