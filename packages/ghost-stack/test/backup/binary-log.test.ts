import { expect, test } from 'vitest';
import { goesOn, readLog } from '../../src/backup/binary-log.ts';

const SERVER = '5f6b2c7e-0000-11f0-9a3c-0242ac120002';
const PRINTED = `${SERVER}
binlog.000011\t4711\tNo
binlog.000012\t815\tNo
binlog.000013\t158\tNo
/var/lib/mysql/binlog.000012 begun 1796000000
/var/lib/mysql/binlog.000013 begun 1796000060
`;

test('what the server says of its log is read', () => {
  expect(readLog(PRINTED)).toEqual({
    server: SERVER,
    files: [
      { number: 11, bytes: 4711 },
      { number: 12, bytes: 815 },
      { number: 13, bytes: 158 },
    ],
    bornAt: { 12: 1_796_000_000, 13: 1_796_000_060 },
  });
});

test('a log goes on where the next file is there and is the one that was begun then', () => {
  const log = readLog(PRINTED);
  const mark = { server: SERVER, next: 12, bornAt: 1_796_000_000 };
  expect(goesOn(log, mark)).toBe(true);
  expect(goesOn(log, { ...mark, server: 'another' })).toBe(false);
  // It was begun anew, and has come as far since.
  expect(goesOn(log, { ...mark, bornAt: 1_700_000_000 })).toBe(false);
  // Its file has expired.
  expect(goesOn(log, { ...mark, next: 10 })).toBe(false);
});
