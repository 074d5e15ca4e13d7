import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
/** Tests that need a browser are skipped without one on a developer's machine, and fail in CI. */
export const isBrowserMissing = !existsSync(executablePath) && !process.env.CI;

if (isBrowserMissing) {
  // oxlint-disable-next-line no-console -- Tests that silently do not run prove nothing.
  console.warn(`SKIPPED: no browser at ${executablePath}. Install Chromium, or set CHROMIUM to a browser.`);
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
