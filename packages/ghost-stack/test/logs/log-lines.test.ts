import { expect, test } from 'vitest';
import { readLogs } from '../../src/logs/log-lines.ts';

const PRINTED = `mail-1   | 2026-11-29T08:00:02.5Z {"level":50,"time":"2026-11-29T08:00:02.499Z","name":"mail","event":"send.failed","err":{"message":"The vendor answers 500"},"msg":"a call failed"}
mail-1   | 2026-11-29T08:00:04.0Z {"level":30,"msg":"ready","port":4200}
db-1     | 2026-11-29T08:00:01.1Z 2026-11-29T08:00:01.1Z 0 [Warning] [MY-010068] CA certificate is self signed.
caddy-1  | 2026-11-29T08:00:03.0Z {"level":"info","ts":1764403203.1,"logger":"tls","msg":"certificate obtained"}
`;

test('the lines of all services come in the order of time, those of JSON as sentences', () => {
  expect(readLogs(PRINTED)).toEqual([
    {
      service: 'db',
      time: '2026-11-29T08:00:01.1Z',
      level: 'warn',
      text: '2026-11-29T08:00:01.1Z 0 [Warning] [MY-010068] CA certificate is self signed.',
    },
    {
      service: 'mail',
      time: '2026-11-29T08:00:02.5Z',
      level: 'error',
      text: 'a call failed: The vendor answers 500 event=send.failed',
    },
    {
      service: 'caddy',
      time: '2026-11-29T08:00:03.0Z',
      level: 'info',
      text: 'certificate obtained',
    },
    { service: 'mail', time: '2026-11-29T08:00:04.0Z', level: 'info', text: 'ready port=4200' },
  ]);
});

test('nothing of a line can colour or move what a terminal shows', () => {
  const printed = `ghost-1 | 2026-11-29T08:00:01Z \u001b[2K\u001b[31mred\u001b[39m
ghost-1 | 2026-11-29T08:00:02Z {"level":30,"msg":"by \\u001b[2Jme"}
`;
  expect(readLogs(printed).map(({ text }) => text)).toEqual(['red', 'by me']);
});

test('a line that only looks like JSON is shown as it is', () => {
  expect(readLogs('ghost-1 | 2026-11-29T08:00:01Z {half')).toMatchObject([{ text: '{half' }]);
});
