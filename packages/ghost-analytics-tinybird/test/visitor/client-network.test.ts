import { BlockList } from 'node:net';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { clientNetwork } from '../../src/visitor/client-network.ts';

test.each([
  ['203.0.113.7', '203.0.113.7'],
  ['::ffff:203.0.113.7', '203.0.113.7'],
  ['2001:db8:a:b:1:2:3:4', '2001:db8:a:b::/64'],
  ['2001:0DB8:000a:000B::1', '2001:db8:a:b::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['unknown', 'unknown'],
])('%s stands for %s', (address, network) => {
  expect(clientNetwork(address)).toBe(network);
});

test('two IPv6 addresses are one visitor exactly when the first 64 bits agree', () => {
  fc.assert(
    fc.property(fc.ipV6(), fc.ipV6(), (one, other) => {
      const network = new BlockList();
      network.addSubnet(one, 64, 'ipv6');
      const isMapped = [one, other].some((address) => /^::ffff:\d+\./i.test(address));
      fc.pre(!isMapped);
      expect(clientNetwork(one) === clientNetwork(other)).toBe(network.check(other, 'ipv6'));
    }),
  );
});

test('the last 64 bits of an IPv6 address do not matter', () => {
  const group = fc.nat(0xffff).map((value) => value.toString(16));
  const half = fc.tuple(group, group, group, group).map((groups) => groups.join(':'));
  fc.assert(
    fc.property(half, half, half, (prefix, one, other) => {
      expect(clientNetwork(`${prefix}:${one}`)).toBe(clientNetwork(`${prefix}:${other}`));
    }),
  );
});
