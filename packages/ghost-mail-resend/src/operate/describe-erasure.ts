import type { Erasure } from './erase.ts';

/** What a person reads of an erasure, table by table, and what else there is to do. */
export function describeErasure(
  { recipients, events, texts, notes, inDoubt, suppressed }: Erasure,
  { applied }: { applied: boolean },
): string[] {
  const lines = [
    `${recipients} mails to this reader (table "recipient", with their variables)`,
    `${events} things that Ghost was told of them (table "event")`,
    `${texts} texts of single mails that name the address (table "message")`,
    `${notes} notes and reasons that name it (tables "suppression_call", "job", "job_attempt")`,
  ];
  const rest = [
    ...(inDoubt > 0
      ? [`${inDoubt} mails are being sent and stay until Resend has answered: erase again later.`]
      : []),
    ...(suppressed > 0
      ? [
          'That the address bounced or complained stays, as a hash: it keeps other sites from lifting that.',
        ]
      : []),
    applied
      ? 'Erased. Delete the member in Ghost as well, or its newsletters will bring the address back.'
      : 'Nothing was changed. To erase it, say so with --yes.',
    'Resend has copies of its own: https://resend.com/emails and https://resend.com/suppressions.',
  ];
  return [...lines, ...rest];
}
