import { html } from '@prosora/service/look';
import { Hono } from 'hono';
import { expect, test } from 'vitest';
import type { Action, ConsoleEnv } from '../../src/guard/room.ts';
import { type SectionPlan, sectionOf } from '../../src/guard/section.ts';
import { FRAME } from '../fixtures/stub-api.ts';

/** A section of mail, as it is asked behind the guard, and the actions that it was given. */
function start(plan: Partial<SectionPlan<string>>) {
  const actions: Action[] = [];
  const act = (action: Action) => {
    actions.push(action);
    return () => new Response(action.name);
  };
  const whole = { name: 'mail', part: 'mail', service: 'the service', pages: {}, ...plan } as const;
  const app = new Hono<ConsoleEnv>();
  app.use(async (c, next) => {
    c.set('frame', FRAME as never);
    await next();
  });
  app.route('/mail', sectionOf(act, whole).routes);
  const ask = async (path: string, form?: Record<string, string>) => {
    const body = form && new URLSearchParams(form).toString();
    const init = body === undefined ? {} : { method: 'POST', body };
    const response = await app.request(path, init);
    return { status: response.status, text: await response.text() };
  };
  return { ask, actions };
}

test('a page is given its service and its address, and marks the tab that it is or belongs to', async () => {
  const { ask } = start({
    tabs: { All: '/', Lost: '/lost' },
    pages: {
      '/': async (service, { state = '' }) => ({ title: service, body: html`${state}` }),
      '/lost': async () => ({ title: 'Lost', body: html`` }),
      '/one': async () => ({ title: 'One', tab: '/lost', body: html`` }),
      '/other': async () => ({ title: 'Other', body: html`` }),
    },
  });
  const first = (await ask('/mail?state=dead')).text;
  expect(first).toContain('<h1>the service</h1>');
  expect(first).toContain('dead');
  expect(first).toContain('href="/ghost/prosora/mail" aria-current="page">All');
  for (const path of ['/mail/lost', '/mail/one']) {
    const { text } = await ask(path);
    expect(text).toContain('href="/ghost/prosora/mail/lost" aria-current="page">Lost');
    expect(text).not.toContain('aria-current="page">All');
  }
  expect((await ask('/mail/other')).text).not.toMatch(/aria-current="page">(All|Lost)/);
});

test('what was refused decides the status of its page', async () => {
  const refused = (code: string) => async () => ({
    title: 'Refused',
    body: html``,
    problem: { code, message: 'No.' },
  });
  const { ask } = start({ pages: { '/a': refused('USAGE'), '/b': refused('NOT_FOUND') } });
  expect((await ask('/mail/a')).status).toBe(400);
  expect((await ask('/mail/b')).status).toBe(404);
});

test('a question is answered where it is posted alone, and its page is not told the token', async () => {
  const asked: object[] = [];
  const { ask } = start({
    questions: {
      '/reader': async (_, form) => {
        asked.push(form);
        return { title: 'A reader', body: html`` };
      },
    },
  });
  expect((await ask('/mail/reader')).status).toBe(404);
  expect((await ask('/mail/reader', { token: 'secret', address: 'a@b.c' })).status).toBe(200);
  expect(asked).toEqual([{ address: 'a@b.c' }]);
});

test('an action has the name of its section, and leads to its first page unless it says where', async () => {
  const run = async () => 'Done.';
  const { ask, actions } = start({
    actions: { pause: { label: 'Pause', run }, replay: { label: 'Again', run, back: () => '/x' } },
  });
  expect((await ask('/mail/pause', {})).text).toBe('mail.pause');
  const told = actions.map(({ name, part, back }) => [name, part, back(new URLSearchParams())]);
  expect(told).toEqual([
    ['mail.pause', 'mail', '/mail'],
    ['mail.replay', 'mail', '/x'],
  ]);
});
