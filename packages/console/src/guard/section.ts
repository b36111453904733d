import type { Problem } from '@prosora/service/look';
import { type Context, Hono } from 'hono';
import type { Query } from '../look/address.ts';
import { type Frame, page, pathOf, type SectionName, type View } from '../look/page.ts';
import { statusOf } from '../services/answer.ts';
import type { Part } from '../services/parts.ts';
import { type Action, type ConsoleEnv, formOf, type Room } from './room.ts';

/** What a page shows to one request. */
export interface Shown extends Pick<View, 'title' | 'body' | 'isLive'> {
  /** The path of the tab that it belongs to, where it is none itself. */
  tab?: string;
  /** What was refused of it: a filter that is wrong makes it a 400, what is not there a 404. */
  problem?: Problem | undefined;
}

/** Makes a page of what a service says; `query` is what its address holds, or the form in which it was asked for. */
export type Page<Service> = (service: Service, query: Query, frame: Frame) => Promise<Shown>;

/** What can be changed in a section. Where it does not say so, somebody goes on at the first page. */
export type Deed = Omit<Action, 'name' | 'part' | 'back'> & Partial<Pick<Action, 'back'>>;

/** Says that the clock is right, to a part that removes nothing since it jumped; `say` returns what came of it. */
export const trustClock = (say: (caller: string) => Promise<string>): Deed => ({
  label: 'Trust the clock',
  run: (_, caller) => say(caller),
});

/** What a section has; paths are beneath its own. */
export interface SectionPlan<Service> {
  name: SectionName;
  /** What its pages are made of. */
  service: Service;
  /** What does what is to be done there. */
  part: Part;
  /** The pages that have a name, with their paths. */
  tabs?: Readonly<Record<string, string>>;
  pages: Readonly<Record<string, Page<Service>>>;
  /** Pages that are asked for by a form: no address may hold what is asked, or have it looked for. */
  questions?: Readonly<Record<string, Page<Service>>>;
  /** By their names: `pause` of mail is posted to `/mail/pause`, and is `mail.pause` in the log. */
  actions?: Readonly<Record<string, Deed>>;
}

/** A section that the site has. */
export interface Section {
  name: SectionName;
  routes: Hono<ConsoleEnv>;
}

/** Gives a section its routes. */
export function sectionOf<Service>(act: Room['act'], plan: SectionPlan<Service>): Section {
  const { name, service, part, pages, questions = {}, actions = {} } = plan;
  const routes = new Hono<ConsoleEnv>();
  const first = pathOf(name);
  const beneath = (path: string): string => (path === '/' ? first : first + path);
  const tabs = Object.entries(plan.tabs ?? {}).map(
    ([title, path]) => [title, beneath(path)] as const,
  );

  async function show(c: Context<ConsoleEnv>, path: string, asked: Promise<Shown>) {
    const { problem, tab = path, ...view } = await asked;
    const whole = { ...view, section: name, tabs, tab: beneath(tab) };
    return c.html(page(whole, c.get('frame')), statusOf(problem));
  }

  for (const [path, shownBy] of Object.entries(pages)) {
    routes.get(path, (c) => show(c, path, shownBy(service, c.req.query(), c.get('frame'))));
  }
  for (const [path, shownBy] of Object.entries(questions)) {
    routes.post(path, async (c) => {
      // A page may write what it was asked into an address, where no token may stand.
      const { token: _, ...asked } = Object.fromEntries(await formOf(c));
      return await show(c, path, shownBy(service, asked, c.get('frame')));
    });
  }
  for (const [deed, action] of Object.entries(actions)) {
    const whole = { back: () => first, ...action, name: `${name}.${deed}`, part };
    routes.post(`/${deed}`, act(whole));
  }
  return { name, routes };
}
