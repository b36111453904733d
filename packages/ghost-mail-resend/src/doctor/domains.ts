import type { Finding } from './finding.ts';

interface ListedDomain {
  name: string;
  status: string;
}

interface TrackedDomain {
  name: string;
  open_tracking?: boolean;
  click_tracking?: boolean;
}

/** Whether Resend sends for a domain that Ghost names. */
export function checkDomain(name: string, listed: readonly ListedDomain[]): Finding {
  const what = `domain ${name}`;
  // Ghost's Mailgun domain only names the site; mail is sent from the newsletter's own address.
  const isRelated = (other: string) =>
    other === name || other.endsWith(`.${name}`) || name.endsWith(`.${other}`);
  const related = listed.filter((item) => isRelated(item.name));
  const domain = related.find(({ status }) => status === 'verified') ?? related[0];
  if (domain?.status === 'verified') return { what, ok: true, sentence: 'Resend has verified it.' };
  const sentence =
    domain === undefined
      ? 'Resend does not have it: add it at https://resend.com/domains, unless mail is sent from another one.'
      : `At Resend it is "${domain.status}": finish its records at https://resend.com/domains.`;
  return { what, ok: false, sentence };
}

/** Resend would wrap the links that Ghost counts itself, and the unsubscribe links too. */
export function checkClickTracking({ name, click_tracking }: TrackedDomain): Finding {
  const what = `clicks of ${name}`;
  if (!click_tracking) return { what, ok: true, sentence: 'Ghost counts them; Resend does not.' };
  const sentence =
    "Click tracking is on at Resend: switch it off there, it rewrites Ghost's own links.";
  return { what, ok: false, sentence };
}

/** Opens come from Resend or from our own pixel. */
export function checkOpenTracking(
  { name, open_tracking }: TrackedDomain,
  hasPixel: boolean,
): Finding {
  const what = `opens of ${name}`;
  if (hasPixel) {
    const sentence = open_tracking
      ? 'The bridge counts them itself, so open tracking at Resend may be switched off.'
      : 'The bridge counts them itself.';
    return { what, ok: true, sentence };
  }
  if (open_tracking) return { what, ok: true, sentence: 'Resend counts them.' };
  const sentence =
    'Nobody counts them: switch open tracking on at Resend, or set PROSORA_MAIL_PIXEL=on; without, Ghost shows 0 % opened.';
  return { what, ok: true, sentence };
}
