import type { Browser, BrowserContextOptions } from 'playwright-core';
import { onceDone, shared } from '../../support/lifetime.js';
import { launchBrowser } from '../../support/browser.js';
import { RunningApp } from './running-app.js';
import { Visitor } from './visitor.js';

/** The sample application, and a browser for its visitors. */
export class Stage {
  constructor(
    readonly app: RunningApp,
    readonly browser: Browser,
  ) {}

  enter(name: string, options?: BrowserContextOptions): Promise<Visitor> {
    return Visitor.enter(this.browser, this.app.url, name, options);
  }
}

/** Opens a stage before the tests of a `describe`, and closes it after them. */
export function openStage(): () => Stage {
  return shared(async () => {
    const browser = await launchBrowser();
    onceDone(() => browser.close());
    const app = await RunningApp.start();
    onceDone(() => app.dispose());
    return new Stage(app, browser);
  });
}
