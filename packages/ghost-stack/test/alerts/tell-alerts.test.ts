import { createLogger } from '@prosora/service';
import { expect, test } from 'vitest';
import {
  endForgotten,
  hear,
  type OpenAlerts,
  type PostedAlert,
} from '../../src/alerts/open-alerts.ts';
import { tellAlerts } from '../../src/alerts/tell-alerts.ts';
import type { Message } from '../../src/notify/message.ts';

const logger = createLogger({ name: 'ops', level: 'silent' });
const CALM_MS = 600_000;
const START = Date.parse('2026-11-30T12:00:00Z');

const posted = (name: string, given: Partial<PostedAlert> = {}): PostedAlert => ({
  fingerprint: name,
  isFiring: true,
  name,
  severity: 'page',
  summary: `${name} is so.`,
  command: './prosora status',
  runbook: `docs/alerts.md#${name.toLowerCase()}`,
  since: new Date(START).toISOString(),
  ...given,
});
const ended = (name: string) => posted(name, { isFiring: false });

/** A site whose people are told, minute by minute. */
function site({ isReached = true } = {}) {
  const got: Message[] = [];
  const state = { isReached, minute: 0, holdsEnds: false };
  let alerts: OpenAlerts = {};
  const send = async (message: Message) => {
    if (!state.isReached) throw new Error('It answers 500.');
    got.push(message);
  };
  const nowAt = () => new Date(START + state.minute * 60_000);
  const telling = { site: 'blog.example.com', channels: [{ name: 'NOTIFY_X', send }], logger };
  const keep = (next: OpenAlerts) => {
    alerts = next;
  };
  return {
    got,
    state,
    post: (...them: PostedAlert[]) => keep(hear(alerts, them, nowAt())),
    async look(minute = state.minute) {
      state.minute = minute;
      keep(endForgotten(alerts, nowAt()));
      const moment = { now: nowAt(), calmMs: CALM_MS, holdsEnds: state.holdsEnds };
      await tellAlerts(() => alerts, keep, moment, telling);
    },
    titles: () => got.map(({ kind, title }) => `${kind} ${title}`),
  };
}

test('an alert is told once, however often it is posted, and once more when it is over', async () => {
  const { got, post, look, titles } = site();
  post(posted('SiteDown'));
  await look(0);
  post(posted('SiteDown'));
  await look(5);
  post(ended('SiteDown'));
  await look(6);
  await look(14);
  expect(titles()).toEqual(['problem blog.example.com: SiteDown needs you']);
  await look(15);
  await look(16);
  expect(titles().slice(1)).toEqual(['good blog.example.com: SiteDown is well again']);
  expect(got.map(({ text }) => text)).toEqual([
    'SiteDown is so. More: ./prosora status. What to do: docs/alerts.md#sitedown',
    'It lasted 5 min.',
  ]);
});

test('one that comes back before its end was told was never away', async () => {
  const { post, look, titles } = site();
  post(posted('SiteDown'));
  await look(0);
  post(ended('SiteDown'));
  await look(5);
  post(posted('SiteDown'));
  await look(20);
  expect(titles()).toHaveLength(1);
});

test('what comes together is one message, of at most ten lines, that wakes somebody if one of it does', async () => {
  const { got, post, look } = site();
  post(...Array.from({ length: 40 }, (_, at) => posted(`Alert${at}`, { severity: 'note' })));
  await look(0);
  post(posted('Slow', { severity: 'note' }), posted('SiteDown'));
  await look(1);
  expect(got.map(({ kind, title }) => `${kind} ${title}`)).toEqual([
    'note blog.example.com: 40 things need you',
    'problem blog.example.com: Slow, SiteDown need you',
  ]);
  const lines = got[0]?.text.split('\n') ?? [];
  expect([lines.length, lines.at(-1)]).toEqual([11, 'And 30 more: ./prosora status']);
});

test('what reaches nobody is told once somebody can be reached, though it is over by then', async () => {
  const { got, state, post, look, titles } = site({ isReached: false });
  post(posted('SiteDown'));
  await look(0);
  post(ended('SiteDown'));
  await look(30);
  expect(titles()).toEqual([]);
  state.isReached = true;
  await look(31);
  expect(titles()).toEqual([
    'problem blog.example.com: SiteDown needs you',
    'good blog.example.com: SiteDown is well again',
  ]);
  expect(got[0]?.text).toContain('It is over by now.');
});

test('while an end cannot be believed none is told', async () => {
  const { state, post, look, titles } = site();
  post(posted('PartDown'));
  await look(0);
  post(ended('PartDown'));
  state.holdsEnds = true;
  await look(25);
  expect(titles()).toHaveLength(1);
  state.holdsEnds = false;
  await look(26);
  expect(titles()).toHaveLength(2);
});

test('a clock that went back since keeps no end from being told', async () => {
  const { post, look, titles } = site();
  post(posted('PartDown'));
  await look(60);
  post(ended('PartDown'));
  await look(55);
  expect(titles()).toHaveLength(1);
  await look(0);
  expect(titles()).toHaveLength(2);
});

test('one that nobody names any more is over', async () => {
  const { post, look, titles } = site();
  post(posted('PartDown'));
  await look(0);
  await look(29);
  expect(titles()).toHaveLength(1);
  await look(31);
  await look(42);
  expect(titles()).toHaveLength(2);
});

test('the end of one that nobody knows is no news', async () => {
  const { post, look, titles } = site();
  post(ended('SiteDown'));
  await look(30);
  expect(titles()).toEqual([]);
});
