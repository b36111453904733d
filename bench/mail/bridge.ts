import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { spawnService } from '@prosora/service/testing';
import { AUTHORIZATION, KEY, PACKAGE, SITE } from './newsletter.ts';

export async function serve(dataDir: string, resendUrl: string, resendKey = 're_bench_key') {
  return spawnService([join(PACKAGE, 'dist', 'cli.js')], {
    RESEND_API_KEY: resendKey,
    RESEND_BASE_URL: resendUrl,
    PROSORA_MAIL_API_KEY: KEY,
    PROSORA_MAIL_DOMAINS: SITE.domain,
    PROSORA_MAIL_DATA_DIR: dataDir,
    PROSORA_MAIL_NEW_STORE: 'yes',
    PROSORA_MAIL_PORT: '0',
    PROSORA_MAIL_PRIVATE_PORT: '0',
  });
}

export async function post(url: string, body: FormData): Promise<void> {
  const response = await fetch(`${url}/v3/${SITE.domain}/messages`, {
    method: 'POST',
    headers: { authorization: AUTHORIZATION },
    body,
  });
  if (!response.ok) throw new Error(await response.text());
  await response.arrayBuffer();
}

export function rssMb(pid: number | undefined): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1_024;
}
