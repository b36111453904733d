import { jwtVerify } from 'jose';
import { expect, test } from 'vitest';
import { ghostAdminToken } from '../../src/index.ts';

test('a token is signed by the secret of the key and names its id', async () => {
  const secret = 'ab'.repeat(32);
  const token = await ghostAdminToken(`6f00:${secret}`);
  const { payload, protectedHeader } = await jwtVerify(token, Buffer.from(secret, 'hex'), {
    audience: '/admin/',
    algorithms: ['HS256'],
  });
  expect(protectedHeader.kid).toBe('6f00');
  expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(300);
});
