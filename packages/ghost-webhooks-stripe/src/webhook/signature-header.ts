/** Why a `Stripe-Signature` header cannot be used, before any signature is computed. */
export type HeaderProblem = 'no_header' | 'malformed' | 'no_scheme' | 'too_many';

/** What a `Stripe-Signature` header says. */
export interface SignatureHeader {
  /** When it was signed, in seconds since 1970. */
  timestamp: number;
  /** The values of its `v1` entries, as they came. */
  signatures: string[];
}

// Stripe sends one per active secret, so two during a rotation; each more is work for whoever forges.
const MAX_SIGNATURES = 16;
// Stripe signs over the digits as sent: a leading zero or a suffix is none of its own making.
const SECONDS = /^(?:0|[1-9]\d{0,11})$/;

/**
 * Reads `t=1795000000,v1=<hex>,v1=<hex>,…`. Entries of other schemes are ignored, as Stripe asks:
 * https://docs.stripe.com/webhooks/signature
 */
export function parseSignatureHeader(
  header: string | null | undefined,
): SignatureHeader | HeaderProblem {
  if (!header) return 'no_header';
  // Some platforms give every header as a list.
  if (typeof header !== 'string') return 'malformed';
  let timestamp: number | undefined;
  const signatures: string[] = [];
  for (const entry of header.split(',')) {
    const [, scheme, value = ''] = /^([^=]*)=?(.*)$/s.exec(entry) ?? [];
    if (scheme === 'v1') signatures.push(value);
    if (scheme !== 't') continue;
    if (timestamp !== undefined || !SECONDS.test(value)) return 'malformed';
    timestamp = Number(value);
  }
  if (timestamp === undefined) return 'malformed';
  if (signatures.length === 0) return 'no_scheme';
  if (signatures.length > MAX_SIGNATURES) return 'too_many';
  return { timestamp, signatures };
}
