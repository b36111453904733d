import type { AdminRequest } from './request.ts';

/** The site's owner, who signs in to Ghost Admin. */
export interface SiteOwner {
  name: string;
  email: string;
  /** At least 10 characters, none of the words that Ghost refuses (`lib/validate-password.js`). */
  password: string;
}

/** Who owns a site on this machine unless the caller says otherwise. */
export const DEFAULT_OWNER: SiteOwner = {
  name: 'Olive Owner',
  email: 'owner@example.com',
  password: 'lighthouse keeper 41',
};

/**
 * Sets the site up if nobody has, then signs in; so it may be called on every start.
 *
 * @throws AdminApiError also when Ghost asks for a code sent by mail, as it does from the second
 * sign-in on while `security.staffDeviceVerification` is on
 */
export async function setUpSite(
  request: AdminRequest,
  owner: SiteOwner,
  blogTitle: string,
): Promise<void> {
  type Status = { setup: { status: boolean }[] };
  const { setup } = await request<Status>('GET', 'authentication/setup');
  if (!setup[0]?.status) {
    await request('POST', 'authentication/setup', { json: { setup: [{ ...owner, blogTitle }] } });
  }
  const json = { username: owner.email, password: owner.password };
  await request('POST', 'session', { json });
}
