import type { Random } from '../stand-in/random.ts';
import type { Settings } from '../stand-in/settings.ts';
import type { Collection } from '../stand-in/state.ts';
import { type Domain, statusOf } from './domain.ts';
import { domainOf } from './mail.ts';
import type { MailStore } from './mail-store.ts';
import { ResendRefusal } from './refusal.ts';
import type { ResendSettings, ResendSettingsInput } from './settings.ts';

/** What a Resend team is, for the routes. */
export interface Team {
  /** Full access. */
  apiKey: string;
  /** May only send. */
  sendingKey: string;
  domains: Collection<Domain>;
  settings: Settings<ResendSettingsInput, ResendSettings>;
  random: Random;
  now: () => number;
}

/** @throws ResendRefusal 403 when the sender's domain is not a verified one */
export function checkSender({ domains, settings, now }: Team, from: string): void {
  if (settings.current.anyDomain) return;
  const name = domainOf(from);
  const status = (domain: Domain) => statusOf(domain, settings.current, now());
  const isVerified = domains
    .values()
    .some((domain) => domain.name === name && status(domain) === 'verified');
  if (isVerified) return;
  const sentence = `The ${name} domain is not verified. Please, add and verify your domain on https://resend.com/domains`;
  throw new ResendRefusal(403, 'validation_error', sentence);
}

/** @throws ResendRefusal 429 when so many more recipients are above a quota */
export function checkQuota({ settings, now }: Team, mails: MailStore, recipients: number): void {
  const { dailyQuota, monthlyQuota } = settings.current;
  const date = new Date(now());
  const dayAgo = now() - 24 * 60 * 60 * 1000;
  const monthStart = Date.UTC(date.getUTCFullYear(), date.getUTCMonth());
  if (dailyQuota !== null && mails.countSince(dayAgo) + recipients > dailyQuota) {
    throw new ResendRefusal(
      429,
      'daily_quota_exceeded',
      'You have reached your daily email sending quota.',
    );
  }
  if (monthlyQuota !== null && mails.countSince(monthStart) + recipients > monthlyQuota) {
    throw new ResendRefusal(
      429,
      'monthly_quota_exceeded',
      'You have reached your monthly email sending quota.',
    );
  }
}
