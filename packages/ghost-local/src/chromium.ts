import { existsSync } from 'node:fs';

const KNOWN = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** The browser that tests and proofs drive: `CHROMIUM_PATH`, else the one the system has. */
export const chromiumPath = [process.env['CHROMIUM_PATH'], ...KNOWN].find(
  (path) => path !== undefined && existsSync(path),
);

/** Without these Chromium calls home, and as root it needs to run without its sandbox. */
export const CHROMIUM_FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
