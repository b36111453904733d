/** The variables of one recipient, as Ghost puts them into `recipient-variables`. */
export type RecipientVariables = Readonly<Record<string, string>>;

/** Which mails go first: a smaller rank leaves before a larger one. */
export const LANES = { transactional: 0, single: 1, newsletter: 2 } as const;

/** The lane of a message: sign-in links, then test mails and automations, then newsletters. */
export type Lane = keyof typeof LANES;

/** The text that all recipients of a message share, with `%recipient.x%` still in it. */
export interface Template {
  from: string;
  replyTo: string | null;
  subject: string;
  html: string | null;
  text: string | null;
  /** By name, in the order they came. */
  headers: Readonly<Record<string, string>>;
  /** As Resend takes them; only mails that came by SMTP have any. */
  attachments?: readonly Attachment[];
}

/** A file of a mail, by the names of `POST /emails`. */
export interface Attachment {
  filename: string;
  /** Base64. */
  content: string;
  content_type?: string;
  /** For pictures that the html shows by `cid:`. */
  content_id?: string;
}

/** One recipient: the address exactly as Ghost gave it, since Ghost finds its member by it. */
export interface Recipient {
  address: string;
  variables: RecipientVariables;
  /** Why it gets no mail, in a sentence; Ghost is told so. */
  problem?: string;
}

/** A message as Ghost handed it over through Mailgun's API. */
export interface Message {
  template: Template;
  recipients: readonly Recipient[];
  tags: readonly string[];
  lane: Lane;
  /** Ghost's id of the newsletter; automation, gift, test and transactional mails have none. */
  emailId: string | null;
  trackOpens: boolean;
  /** Not to be sent before; null for at once. */
  deliverAt: Date | null;
}
