import { getCACertificates, setDefaultCACertificates } from 'node:tls';

const TIMEOUT_MS = 5_000;

/**
 * Creates what has this process believe, beside the public authorities, the one that signed the site's certificate: a
 * PEM at an address, fetched when it is first needed, since the site may start later. Without an address, and while
 * nothing stands there, a public one has to have signed it.
 */
export function createSiteAuthority(url: string | undefined): () => Promise<void> {
  let isBelieved = url === undefined;
  return async () => {
    if (isBelieved || url === undefined) return;
    const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    if (!response.ok) return;
    setDefaultCACertificates([...getCACertificates(), await response.text()]);
    isBelieved = true;
  };
}
