import { expect, test } from 'vitest';
import { examineBackups } from '../../src/doctor/examine-backups.ts';
import type { BackupNotes } from '../../src/repository/notes.ts';

const NOW = new Date('2026-11-29T12:00:00Z');
const at = (hours: number) => ({
  run: 'one',
  at: new Date(NOW.getTime() - hours * 3_600_000).toISOString(),
});

test.each<[string, BackupNotes, string[]]>([
  ['without one a person is told', {}, ['warn backups']],
  ['a fresh and proven one is well', { newest: at(9), proven: at(30) }, ['ok backups', 'ok proof']],
  ['an old one is a failure', { newest: at(27), proven: at(30) }, ['fail backups', 'ok proof']],
  [
    'an overdue proof is a failure',
    { newest: at(1), proven: at(200) },
    ['ok backups', 'fail proof'],
  ],
  [
    'a database that was restored by itself is no proof',
    { newest: at(1), proven: at(200), databaseProven: at(1) },
    ['ok backups', 'fail proof'],
  ],
  [
    'a first proof has its time, and is overdue after it',
    { newest: at(1), since: at(199).at },
    ['ok backups', 'fail proof'],
  ],
  [
    'until then it is only told',
    { newest: at(1), since: at(100).at },
    ['ok backups', 'warn proof'],
  ],
  [
    'a password that nobody has seen is a failure',
    { newest: at(1), proven: at(1), isPasswordUnseen: true },
    ['ok backups', 'fail password', 'ok proof'],
  ],
  [
    'once it was shown it is well',
    { newest: at(1), proven: at(1), isPasswordUnseen: false },
    ['ok backups', 'ok password', 'ok proof'],
  ],
  [
    'a failed run is one though the last is fresh',
    { newest: at(1), proven: at(1), failure: 'No.' },
    ['fail last backup', 'ok backups', 'ok proof'],
  ],
  [
    'of a database elsewhere it is told that there are dumps alone',
    { newest: { ...at(9), hasNoLog: true, isElsewhere: true }, proven: at(30) },
    ['ok backups', 'ok minutes', 'ok proof'],
  ],
  [
    'damage is one until it is mended, whatever was taken since',
    { newest: at(1), proven: at(1), damage: 'A pack is damaged.' },
    ['fail damage', 'ok backups', 'ok proof'],
  ],
  [
    'that old ones stay is told',
    { newest: at(1), proven: at(1), kept: 'The clock has jumped back.' },
    ['ok backups', 'warn old backups', 'ok proof'],
  ],
  [
    'what was written since is told of too',
    { newest: at(9), proven: at(30), minutes: at(0) },
    ['ok backups', 'ok minutes', 'ok proof'],
  ],
  [
    'and that nothing keeps it any more',
    { newest: at(9), proven: at(30), minutes: at(2), minutesFailure: 'A gap.' },
    ['fail minutes', 'ok backups', 'warn minutes', 'ok proof'],
  ],
  ['one of the future has no age', { newest: at(-2), proven: at(1) }, ['warn backups', 'ok proof']],
])('%s', (_case, notes, expected) => {
  const findings = [...examineBackups(notes, NOW)];
  expect(findings.map(({ status, name }) => `${status} ${name}`)).toEqual(expected);
});
