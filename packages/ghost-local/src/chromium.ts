import { findProgram } from '@prosora/service/programs';

/** The browser that tests and proofs drive: `CHROMIUM_PATH`, else the one the system has. */
export const chromiumPath = findProgram('chromium');

/** Without these Chromium calls home, and as root it needs to run without its sandbox. */
export const CHROMIUM_FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
