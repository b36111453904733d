import { SignJWT } from 'jose';

const FIVE_MINUTES = '5m';

/**
 * A token for Ghost's Admin API, good for five minutes: https://docs.ghost.org/admin-api/#token-authentication
 *
 * @param key of a custom integration or of a member of staff, `<id>:<secret in hex>`
 */
export async function ghostAdminToken(key: string): Promise<string> {
  const [kid = '', secret = ''] = key.split(':');
  return await new SignJWT()
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT', kid })
    .setIssuedAt()
    .setExpirationTime(FIVE_MINUTES)
    .setAudience('/admin/')
    .sign(Buffer.from(secret, 'hex'));
}
