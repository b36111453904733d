import type { Problem } from '@prosora/service/look';
import type { Context } from 'hono';
import { page, type View } from '../look/page.ts';
import { statusOf } from '../services/answer.ts';
import type { ConsoleEnv } from './room.ts';

/** What a section shows to one request. */
export interface Shown extends View {
  /** What was refused of it: a filter that is wrong makes it a 400, what is not there a 404. */
  problem?: Problem | undefined;
}

/** Answers with a page. */
export async function show(c: Context<ConsoleEnv>, shown: Shown | Promise<Shown>) {
  const { problem, ...view } = await shown;
  return c.html(page(view, c.get('frame')), statusOf(problem));
}
