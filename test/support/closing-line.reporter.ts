import type { Reporter, TestCase, TestModule } from 'vitest/node';

type Counts = Record<'passed' | 'failed' | 'skipped', number>;

/** Closes the run with one line that any reader of a log understands, also when the run is terminated. */
export default class ClosingLineReporter implements Reporter {
  private readonly soFar: Counts = { passed: 0, failed: 0, skipped: 0 };

  onInit(): void {
    process.once('SIGTERM', () => {
      writeLine(this.soFar);
      process.exit(143);
    });
  }

  onTestCaseResult(test: TestCase): void {
    count(this.soFar, test);
  }

  onTestRunEnd(modules: readonly TestModule[]): void {
    const counts: Counts = { passed: 0, failed: 0, skipped: 0 };
    for (const module of modules) {
      // A file, or a hook of a suite, may fail without any test of it doing so.
      const failedTests = [...module.children.allTests('failed')].length;
      if (module.state() === 'failed' && failedTests === 0) counts.failed++;
      for (const test of module.children.allTests()) count(counts, test);
    }
    writeLine(counts);
  }
}

function count(counts: Counts, test: TestCase): void {
  const { state } = test.result();
  if (state !== 'pending') counts[state]++;
}

function writeLine({ passed, failed, skipped }: Counts): void {
  process.stdout.write(`${passed} passed, ${failed} failed, ${skipped} skipped\n`);
}
