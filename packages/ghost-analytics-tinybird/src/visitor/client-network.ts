import { isIP } from 'node:net';

/**
 * The part of an address that stands for a visitor: all of IPv4, the first 64 bits of IPv6, since
 * devices change the others within the day (RFC 8981). Text that is no address stands for itself.
 */
export function clientNetwork(address: string): string {
  if (isIP(address) !== 6) return address;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped) return mapped;
  // A zone (fe80::1%eth0) names an interface of ours.
  const groups = expand(address.replace(/%.*$/, ''));
  return `${groups.slice(0, 4).join(':')}::/64`;
}

/** The eight groups, lower-case and without leading zeros. */
function expand(address: string): string[] {
  const groupsOf = (part: string) =>
    part === ''
      ? []
      : part.split(':').flatMap((group) => (group.includes('.') ? ['v4', ''] : group));
  const [head = '', tail] = address.toLowerCase().split('::');
  const before = groupsOf(head);
  const after = groupsOf(tail ?? '');
  const zeros = tail === undefined ? 0 : 8 - before.length - after.length;
  return [...before, ...Array<string>(zeros).fill('0'), ...after].map(
    (group) => group.replace(/^0+/, '') || '0',
  );
}
