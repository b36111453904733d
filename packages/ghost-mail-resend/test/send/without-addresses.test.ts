import fc from 'fast-check';
import { expect, test } from 'vitest';
import { withoutAddresses } from '../../src/send/without-addresses.ts';

test('no address is left of a text, wherever it stands', () => {
  const around = fc.constantFrom('', ' ', '<', '>', '"', '(', ', ', ': ', 'to ');
  fc.assert(
    fc.property(fc.emailAddress(), around, around, (address, before, after) => {
      expect(withoutAddresses(`Refused ${before}${address}${after} for now`)).not.toContain('@');
    }),
  );
});
