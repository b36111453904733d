import { exec } from './stack.ts';

/** Whatever is in the volumes of secrets, but for addresses. */
export async function secretsOfTheStack(): Promise<string[]> {
  const texts = await Promise.all([
    exec(
      'ghost',
      'sh',
      '-c',
      'cat /run/secrets/db_password; echo; cat /run/secrets/redis_password; echo; cat /run/secrets/mail_api_key; echo; cat /run/secrets/analytics_admin_token; echo; cat /run/secrets/analytics_sync_key; echo; cat /run/secrets/cloudinary_url; echo; cat /run/secrets/pages_token; echo; grep -o "WEBHOOK_SECRET=.*" /run/secrets/ghost.env | cut -d"\'" -f2',
    ),
    exec(
      'db',
      'sh',
      '-c',
      'cd /run/secrets; for file in db_backup_password db_metrics_password db_root_password db_key.pem; do cat $file; echo; done',
    ),
    exec(
      'mail',
      'sh',
      '-c',
      'cat /run/secrets/resend_api_key; echo; cat /run/secrets/resend_webhook_secret',
    ),
    exec('webhooks', 'cat', '/run/secrets/stripe_webhook_secret'),
    exec('analytics', 'cat', '/run/secrets/analytics_tracker_token'),
    exec('ops', 'cat', '/run/secrets/alerts_token'),
    exec('console', 'sh', '-c', 'for file in /run/secrets/*_token; do cat $file; echo; done'),
  ]);
  return texts.flatMap((text) => text.split('\n')).filter((secret) => secret.length >= 8);
}
