import { expect, test } from 'vitest';
import { wayTo } from '../../src/backup/database-elsewhere.ts';

test('a client goes to the database as Ghost does, with every character of its password', () => {
  const url = new URL('mysql://ada:a%22b%5C%23c%40@db.example.com:3307/blog');
  expect(wayTo(url, true)).toBe(`[client]
host="db.example.com"
port="3307"
user="ada"
password="a\\"b\\\\#c@"
ssl-mode="VERIFY_IDENTITY"
ssl-ca="/run/database-ca.pem"
`);
});

test('without an authority of its own it believes the public ones', () => {
  const way = wayTo(new URL('mysql://ada:pass@db.example.com/blog'), false);
  expect(way).toContain('port="3306"');
  expect(way).toContain('ssl-ca="/etc/ssl/certs/ca-certificates.crt"');
});
