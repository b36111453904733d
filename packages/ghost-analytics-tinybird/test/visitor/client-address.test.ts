import type { IncomingMessage } from 'node:http';
import { expect, test } from 'vitest';
import { clientAddress } from '../../src/visitor/client-address.ts';

const PROXIES = new Set(['127.0.0.1', '10.0.0.5', '::1']);
const seenFrom = (remoteAddress: string, forwarded: string | undefined) =>
  clientAddress(
    {
      socket: { remoteAddress },
      headers: { 'x-forwarded-for': forwarded },
    } as unknown as IncomingMessage,
    (address) => PROXIES.has(address),
  );

test.each([
  ['203.0.113.7', '203.0.113.7'],
  ['203.0.113.7:51234', '203.0.113.7'],
  ['"203.0.113.7:51234"', '203.0.113.7'],
  ['"203.0.113.7"', '203.0.113.7'],
  ['2001:db8::7', '2001:db8::7'],
  ['[2001:db8::7]', '2001:db8::7'],
  ['[2001:db8::7]:51234', '2001:db8::7'],
  ['"[2001:db8::7]:51234"', '2001:db8::7'],
  ['"2001:db8::7"', '2001:db8::7'],
  [' 198.51.100.1 ,\t203.0.113.7:80 , 10.0.0.5:4711', '203.0.113.7'],
  ['[::1]:80', '::1'],
])('X-Forwarded-For: %s is the reader %s', (forwarded, address) => {
  expect(seenFrom('127.0.0.1', forwarded)).toBe(address);
});

test.each([
  ['unknown', '127.0.0.1'],
  ['203.0.113.7, unknown', '127.0.0.1'],
  ['203.0.113.7, _hidden, 10.0.0.5', '10.0.0.5'],
  ['203.0.113.999:1', '127.0.0.1'],
  ['', '127.0.0.1'],
  [undefined, '127.0.0.1'],
])('X-Forwarded-For: %s leads no further than the proxy that wrote it', (forwarded, address) => {
  expect(seenFrom('127.0.0.1', forwarded)).toBe(address);
});

test('who is no trusted proxy is believed nothing, and neither is what stands before one', () => {
  expect(seenFrom('203.0.113.9', '198.51.100.1')).toBe('203.0.113.9');
  expect(seenFrom('127.0.0.1', '10.0.0.5, 198.51.100.1')).toBe('198.51.100.1');
});
