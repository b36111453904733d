import { type Finding, fail, ok, warn } from '@prosora/service';

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
  const subject = `domain ${name}`;
  // Ghost's Mailgun domain only names the site; mail is sent from the newsletter's own address.
  const isRelated = (other: string) =>
    other === name || other.endsWith(`.${name}`) || name.endsWith(`.${other}`);
  const related = listed.filter((item) => isRelated(item.name));
  const domain = related.find(({ status }) => status === 'verified') ?? related[0];
  if (domain?.status === 'verified') return ok(subject, 'Resend has verified it.');
  if (domain === undefined) {
    const remedy = 'Add it at https://resend.com/domains, unless mail is sent from another one.';
    return fail(subject, 'Resend does not have it.', remedy);
  }
  const remedy = 'Finish its records at https://resend.com/domains.';
  return fail(subject, `At Resend it is "${domain.status}".`, remedy);
}

/** Resend would wrap the links that Ghost counts itself, and the unsubscribe links too. */
export function checkClickTracking({ name, click_tracking }: TrackedDomain): Finding {
  const subject = `clicks of ${name}`;
  if (!click_tracking) return ok(subject, 'Ghost counts them; Resend does not.');
  const sentence = "Click tracking is on at Resend, which rewrites Ghost's own links.";
  return fail(subject, sentence, 'Switch it off there.');
}

/** Opens come from Resend or from our own pixel. */
export function checkOpenTracking(
  { name, open_tracking }: TrackedDomain,
  hasPixel: boolean,
): Finding {
  const subject = `opens of ${name}`;
  if (hasPixel) {
    const sentence = open_tracking
      ? 'The bridge counts them itself, so open tracking at Resend may be switched off.'
      : 'The bridge counts them itself.';
    return ok(subject, sentence);
  }
  if (open_tracking) return ok(subject, 'Resend counts them.');
  return warn(
    subject,
    'Nobody counts them, so Ghost shows 0 % opened.',
    'Switch open tracking on at Resend, or set PROSORA_MAIL_PIXEL=on.',
  );
}
