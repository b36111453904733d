import { createContext, runInContext } from 'node:vm';
import { beforeEach, expect, test } from 'vitest';
import { LIVE } from '../../src/look/live.ts';

type Listener = (event: { data: string }) => void;

/** A stream as a browser has it. */
class Source {
  static readonly CLOSED = 2;
  static opened: Source[] = [];
  readyState = 1;
  readonly listeners: Record<string, Listener> = {};

  constructor() {
    Source.opened.push(this);
  }

  addEventListener(type: string, listener: Listener) {
    this.listeners[type] = listener;
  }

  send(type: string, data = '') {
    this.listeners[type]?.({ data });
  }

  close() {
    this.readyState = Source.CLOSED;
  }
}

beforeEach(() => {
  Source.opened = [];
});

/** As much of a page as the script touches. */
function openPage() {
  const timers: [work: () => void, ms: number][] = [];
  const classes = new Set<string>();
  const tokens = [{ value: '' }, { value: '' }];
  const main = {
    innerHTML: 'before',
    contains: () => false,
    querySelector: () => null,
    querySelectorAll: (selector: string) => (selector === 'input[name=token]' ? tokens : []),
  };
  const document = {
    currentScript: { dataset: { live: '/live?page=/', token: 'the-token' } },
    getElementById: () => main,
    body: {
      classList: {
        add: (name: string) => classes.add(name),
        remove: (name: string) => classes.delete(name),
      },
    },
    visibilityState: 'visible',
    addEventListener: () => undefined,
  };
  const globals = {
    document,
    EventSource: Source,
    addEventListener: () => undefined,
    getSelection: () => ({ isCollapsed: true }),
    setTimeout: (work: () => void, ms: number) => timers.push([work, ms]),
    clearTimeout: () => undefined,
  };
  runInContext(LIVE, createContext(globals));
  return { main, tokens, classes, timers };
}

test('what is sent is shown, and its forms have the token of the page that was opened', () => {
  const { main, tokens } = openPage();
  Source.opened[0]?.send('main', '<p>after</p>');
  expect(main.innerHTML).toBe('<p>after</p>');
  expect(tokens.map(({ value }) => value)).toEqual(['the-token', 'the-token']);
});

test('a stream that was refused is asked for again, and meanwhile the page says that it is old', () => {
  const { classes, timers } = openPage();
  const [first] = Source.opened;
  // A browser asks again by itself.
  first?.send('error');
  expect([classes.has('stale'), timers.length]).toEqual([true, 0]);
  first?.send('open');
  expect(classes.has('stale')).toBe(false);
  first?.close();
  first?.send('error');
  expect([classes.has('stale'), timers[0]?.[1]]).toEqual([true, 10_000]);
  timers[0]?.[0]();
  expect(Source.opened.length).toBe(2);
});
