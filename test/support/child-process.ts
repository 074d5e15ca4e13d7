import { fork, type ChildProcess, type ForkOptions } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { inject, onTestFinished } from 'vitest';

/** Starts a program (`<name>.child.ts`) in a process of its own, which is killed when the test is finished. */
export function startProgram(name: string, env: Record<string, string>, options?: ForkOptions): ChildProcess {
  const child = fork(join(inject('builtAt'), `${name}.js`), { ...options, env: { ...process.env, ...env } });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

/** Resolves with the next message of a program; rejects if it ends instead. */
export async function nextMessage(child: ChildProcess): Promise<unknown> {
  const done = new AbortController();
  const { signal } = done;
  try {
    return await Promise.race([
      once(child, 'message', { signal }).then(([message]: unknown[]) => message),
      once(child, 'exit', { signal }).then(([code]: unknown[]) => {
        throw new Error(`The program ended with ${String(code)}.`);
      }),
    ]);
  } finally {
    done.abort();
  }
}
