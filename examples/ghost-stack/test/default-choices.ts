import type { Choices } from '../src/choices.ts';

/** What `.env` chooses where it says nothing. */
export const DEFAULT_CHOICES: Choices = {
  media: 'cloudinary',
  mailer: 'resend',
  analytics: 'engine',
  hasInbox: true,
  hasPurge: false,
  hasOps: true,
  social: '',
  otherName: '',
};
