import { expect, test } from 'vitest';
import { examineConsole } from '../../src/doctor/examine-console.ts';

test.each([
  [{}, ['warn']],
  [{ ADMIN_DOMAIN: 'admin.example.com' }, ['ok']],
  [{ CONSOLE: 'off' }, []],
])('with %j its domain is judged as %j', (settings: Record<string, string>, expected) => {
  const findings = [...examineConsole((name) => settings[name] ?? '')];
  expect(findings.map(({ status }) => status)).toEqual(expected);
});
