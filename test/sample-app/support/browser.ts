import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
/** Without a browser its tests are skipped on a desk, and fail on a build server. */
export const isBrowserMissing = !existsSync(executablePath) && !process.env.CI;

if (isBrowserMissing) {
  // oxlint-disable-next-line no-console -- Tests that silently do not run prove nothing.
  console.warn(`SKIPPED: no browser at ${executablePath}. Install Chromium, or name yours in the variable CHROMIUM.`);
}

/** A Chromium with a new profile, which talks to nobody but the application. */
export function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}
