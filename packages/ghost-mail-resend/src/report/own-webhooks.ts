/** Where a bridge takes the webhooks of Resend. */
export const WEBHOOK_PATH = '/webhooks/resend';

/** Those of a team's webhooks that go to this bridge; without its public address, those that go to any. */
export function ownWebhooks<W extends { endpoint: string }>(
  webhooks: readonly W[],
  publicUrl: string | undefined,
): W[] {
  return webhooks.filter(({ endpoint }) =>
    publicUrl === undefined
      ? endpoint.endsWith(WEBHOOK_PATH)
      : endpoint === publicUrl + WEBHOOK_PATH,
  );
}
