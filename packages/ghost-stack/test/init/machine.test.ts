import { expect, test } from 'vitest';
import { diskFinding, memoryFinding, portFinding } from '../../src/init/machine.ts';

const MB = 1024 ** 2;

test.each([
  ['a machine of 1 GB', memoryFinding(1_000 * MB), 'fail', '1000 MB'],
  ['a machine of 2 GB', memoryFinding(1_950 * MB), 'ok', '1950 MB'],
  ['a full disk', diskFinding(800 * MB), 'fail', '0.8 GB'],
  ['an empty disk', diskFinding(40_960 * MB), 'ok', '40.0 GB'],
])('%s is judged', (_what, { status, sentence }, expected, number) => {
  expect(status).toBe(expected);
  expect(sentence).toContain(number);
});

test.each([
  [
    'Error response from daemon: driver failed programming external connectivity on endpoint x: Bind for 0.0.0.0:443 failed: port is already allocated',
    'Port 443 is taken.',
    'set HTTPS_PORT',
  ],
  [
    'failed to bind host port for 0.0.0.0:80:172.17.0.2:8080/tcp: address already in use',
    'Port 80 is taken.',
    'set HTTP_PORT',
  ],
  ['Error response from daemon: pull access denied for node', 'pull access denied', undefined],
])('of what Docker says, %j becomes a sentence', (said, sentence, remedy) => {
  const finding = portFinding(said, '80', '443');
  expect(finding).toMatchObject({ status: 'fail', sentence: expect.stringContaining(sentence) });
  if (remedy) expect(finding.remedy).toContain(remedy);
});
