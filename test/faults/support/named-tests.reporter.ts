import { dirname, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Reporter, TestCase } from 'vitest/node';
import { record } from './record.js';

const root = dirname(dirname(fileURLToPath(new URL('..', import.meta.url))));

/** Tests of the behaviour suite that the full form runs too, by what is tried in them. */
const TRIED: Record<string, string> = {
  'test/behaviour/canary/frames-and-logs.test.ts': 'secrets of an application, looked for in every frame and log line',
  'test/behaviour/canary/bus.test.ts':
    'secrets of an application on two servers, looked for in everything on the bus between them, too',
  'test/behaviour/canary/answers.test.ts': 'what guests may not see, though others who read the same records may',
  'test/behaviour/canary/traces.test.ts': 'data and credentials in traces',
  'test/behaviour/server/handshakes/attacker-page.test.ts':
    "an attacker's page in Chromium, on another port and on another site: JSONP, forms, `fetch`, websocket, " +
    'EventSource and images',
  'test/behaviour/server/dependency-versions.test.ts':
    'versions of Engine.IO, its parser, its adapter and ws to warn of',
};

/** The files of these tests. */
export const NAMED_TESTS = Object.keys(TRIED);

/** Writes what came of these tests into the table. */
export class NamedTestsReporter implements Reporter {
  onTestCaseResult(test: TestCase): void {
    const what = TRIED[relative(root, test.module.moduleId)];
    const { state, errors } = test.result();
    if (what === undefined) return;
    const faults = state === 'passed' ? [] : [errors?.[0]?.message.split('\n')[0] ?? state];
    const result = faults[0] ?? 'as required';
    record({ suite: 'Secrets and side doors', what, subject: 'nestjs-sockets', faults, result });
  }
}
