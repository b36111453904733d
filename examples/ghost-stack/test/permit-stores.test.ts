import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { permitStores } from '../src/permit-stores.ts';

let folder: string;
let folders: { generated: string; data: string };

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'permit-stores-'));
  folders = { generated: path.join(folder, 'generated'), data: path.join(folder, 'data') };
  mkdirSync(folders.generated);
  for (const name of ['mail', 'webhooks'])
    mkdirSync(path.join(folders.data, name), { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true }));

const inMail = (name: string) => path.join(folders.data, 'mail', name);

test('the first start of the stack lets mail and webhooks make their stores', () => {
  expect(permitStores(folders)).toEqual(['mail', 'webhooks']);
  expect(readdirSync(path.join(folders.data, 'mail'))).toEqual(['new-store']);
  expect(readdirSync(path.join(folders.data, 'webhooks'))).toEqual(['new-store']);
});

test('a later start with an empty volume does not', () => {
  permitStores(folders);
  rmSync(inMail('new-store'));
  expect(permitStores(folders)).toEqual([]);
  expect(existsSync(inMail('new-store'))).toBe(false);
});

test('a stack from before that has its stores is remembered without a permit', () => {
  writeFileSync(inMail('mail.db'), 'rows');
  expect(permitStores(folders)).toEqual(['webhooks']);
  rmSync(inMail('mail.db'));
  expect(permitStores(folders)).toEqual([]);
});
