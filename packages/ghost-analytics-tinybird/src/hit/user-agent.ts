import uaParser from 'ua-parser-js';
import { remember } from './remember.ts';

/** What a browser's name for itself tells. */
export interface UserAgentFacts {
  os: string;
  browser: string;
  device: 'desktop' | 'mobile-ios' | 'mobile-android' | 'unknown';
}

const DESKTOPS = new Set(['macos', 'windows', 'linux', 'chrome os', 'chromium os', 'ubuntu']);

/**
 * The names that Ghost's charts know, as TryGhost/TrafficAnalytics writes them
 * (src/schemas/v1/page-hit-processed.ts, same parser and version).
 */
export const readUserAgent = remember((userAgent): UserAgentFacts => {
  const parser = new uaParser(userAgent);
  const browser =
    parser
      .getBrowser()
      .name?.toLowerCase()
      .replace(/^mobile\s/, '') || 'unknown';
  const os =
    parser
      .getOS()
      .name?.toLowerCase()
      .replace(/^mac os$/, 'macos') || 'unknown';
  return { os, browser, device: deviceOf(os) };
});

function deviceOf(os: string): UserAgentFacts['device'] {
  if (os === 'ios') return 'mobile-ios';
  if (os === 'android') return 'mobile-android';
  return DESKTOPS.has(os) ? 'desktop' : 'unknown';
}
