import type { RecipientVariables } from '../store/message.ts';

/**
 * Names are free-form words, e.g. `first_name_2_html`
 * (Ghost: core/server/services/email-service/mailgun-email-provider.js).
 */
export const PLACEHOLDER = /%recipient\.(\w+)%/g;

/**
 * Fills in `%recipient.<name>%` in one pass, so that a value which itself reads `%recipient.uuid%` or
 * `$&` comes out as it is. Unknown names are left alone.
 */
export function substitute(template: string, variables: RecipientVariables): string {
  return template.replace(PLACEHOLDER, (placeholder, name: string) =>
    Object.hasOwn(variables, name) ? (variables[name] ?? placeholder) : placeholder,
  );
}

/** A header value is one line: a break in a member's name would begin a header of its own. */
export function substituteLine(template: string, variables: RecipientVariables): string {
  return substitute(template, variables).replace(/[\r\n]+\s*/g, ' ');
}

/**
 * Takes Mailgun's own `<%tag_unsubscribe_email%>` out of a `List-Unsubscribe` header; it stands for an
 * address at Mailgun. What is left is Ghost's own link. Runs on the template, never on filled-in text.
 */
export function dropUnsubscribeTag(header: string): string {
  return header
    .split(/,\s*/)
    .filter((entry) => entry.trim() !== '<%tag_unsubscribe_email%>')
    .join(', ');
}
