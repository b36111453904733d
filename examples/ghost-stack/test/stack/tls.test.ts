import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { DOMAIN } from './stack.ts';

/** What openssl says of a connection from outside, with its own limits taken off. */
async function shake(...options: string[]): Promise<string> {
  const child = spawn('openssl', [
    ...['s_client', '-connect', '127.0.0.1:443', '-servername', DOMAIN],
    ...['-cipher', 'ALL:COMPLEMENTOFALL:@SECLEVEL=0', ...options],
  ]);
  child.stdin.end();
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return out + err;
}

test('TLS 1.3 is what a client gets that speaks everything', async () => {
  expect(await shake()).toMatch(/New, TLSv1\.3, Cipher is TLS_/);
});

test.each(['-ssl3', '-tls1', '-tls1_1'])('%s is refused', async (version) => {
  expect(await shake(version)).not.toMatch(/Cipher is (?!\(NONE\))/);
});

test('TLS 1.2 is spoken with forward secrecy and authenticated ciphers alone', async () => {
  const spoken = /Cipher is (?<cipher>[A-Z0-9-]+)/.exec(await shake('-tls1_2'))?.groups?.['cipher'];
  expect(spoken).toMatch(/^ECDHE-(ECDSA|RSA)-(AES(128|256)-GCM-SHA\d+|CHACHA20-POLY1305)$/);
  for (const weak of ['AES128-SHA', 'AES256-SHA256', 'ECDHE-ECDSA-AES128-SHA', 'DES-CBC3-SHA']) {
    expect(await shake('-tls1_2', '-cipher', `${weak}:@SECLEVEL=0`), weak).not.toMatch(
      /Cipher is (?!\(NONE\))/,
    );
  }
});
