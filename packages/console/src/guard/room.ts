import type { HttpBindings } from '@hono/node-server';
import type { Context, Handler } from 'hono';
import type { Frame } from '../look/page.ts';
import type { Part } from '../services/parts.ts';
import type { Services } from '../services/services.ts';
import type { Sender, User } from './ghost.ts';

/** What is known of every request that came past the guard. */
export interface ConsoleEnv {
  Variables: { user: User; sender: Sender; frame: Frame };
  /** `isLive`: the page is made to see whether it changed. Tests call without a connection. */
  Bindings: Partial<HttpBindings> & { isLive?: boolean };
}

/** What was posted. */
export type Form = URLSearchParams;

/** Reads it; it can be read several times. */
export async function formOf(c: Context<ConsoleEnv>): Promise<Form> {
  return new URLSearchParams(await c.req.text());
}

/** Something that a section can change. */
export interface Action {
  /** For the log: `mail.pause`. */
  name: string;
  /** What it does, for who is asked for the password: `Pause a newsletter`. */
  label: string;
  /** The service that does it. */
  part: Part;
  /**
   * Does it, and returns what was done as a sentence. A ProsoraError that it throws is shown as one.
   *
   * @param caller who acts, for the log of a service
   */
  run(form: Form, caller: string): Promise<string>;
  /** The page, beneath the console, on which somebody goes on; what was done is said above it. */
  back(form: Form): string;
  /** Fields that the log names, and the question for the password: ids, nothing of a reader's. */
  logged?: readonly string[];
}

/** What every section is given. */
export interface Room {
  services: Services;
  /** Makes the handler of a POST that acts: it asks for the password again and writes down who did what. */
  act(action: Action): Handler<ConsoleEnv>;
}
