/** One IPv4 network and its country. */
export interface CountryNetwork {
  network: string;
  bits: number;
  country: string;
}

const MARKER = Buffer.from('abcdef4d61784d696e642e636f6d', 'hex');
const RECORD_BITS = 24;

/**
 * The smallest database in MaxMind's format (https://maxmind.github.io/MaxMind-DB/): a chain of nodes to
 * the one network, its country, and the metadata.
 */
export function countryDatabase({ network, bits, country }: CountryNetwork): Buffer {
  const address = network.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  const nodes = Array.from({ length: bits }, (_, depth) => {
    const bit = Math.floor(address / 2 ** (31 - depth)) % 2;
    // The data begins 16 bytes after the tree; a record of the count of nodes is "unknown".
    const next = depth === bits - 1 ? bits + 16 : depth + 1;
    const [left, right] = bit === 0 ? [next, bits] : [bits, next];
    const node = Buffer.alloc(6);
    node.writeUIntBE(left, 0, 3);
    node.writeUIntBE(right, 3, 3);
    return node;
  });
  const data = map({ country: map({ iso_code: text(country) }) });
  const metadata = map({
    node_count: uint32(bits),
    record_size: uint16(RECORD_BITS),
    ip_version: uint16(4),
    database_type: text('Test-Country'),
    languages: array([text('en')]),
    binary_format_major_version: uint16(2),
    binary_format_minor_version: uint16(0),
    build_epoch: uint32(0),
    description: map({ en: text('test') }),
  });
  return Buffer.concat([...nodes, Buffer.alloc(16), data, MARKER, metadata]);
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  // 29 and more need another byte for the length.
  const head = bytes.length < 29 ? [0x40 | bytes.length] : [0x40 | 29, bytes.length - 29];
  return Buffer.concat([Buffer.from(head), bytes]);
}

function map(entries: Record<string, Buffer>): Buffer {
  const pairs = Object.entries(entries).flatMap(([key, value]) => [text(key), value]);
  return Buffer.concat([Buffer.from([0xe0 | Object.keys(entries).length]), ...pairs]);
}

function array(values: Buffer[]): Buffer {
  return Buffer.concat([Buffer.from([values.length, 0x04]), ...values]);
}

function uint16(value: number): Buffer {
  return Buffer.from([0xa2, value >> 8, value & 0xff]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.from([0xc4, 0, 0, 0, 0]);
  bytes.writeUInt32BE(value, 1);
  return bytes;
}
