import { fork, type ChildProcess, type ForkOptions } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { inject, onTestFinished } from 'vitest';
import { isOfAdapter } from './engines/adapter-message.js';

/** Starts a program (`<name>.child.ts`) in a process of its own, which is killed when the test is finished. */
export function startProgram(name: string, env: Record<string, string>, options?: ForkOptions): ChildProcess {
  const child = fork(join(inject('builtAt'), `${name}.js`), { ...options, env: { ...process.env, ...env } });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

/** What the program itself says, among what its adapter tells other servers. */
function messageOf(child: ChildProcess, signal: AbortSignal): Promise<unknown> {
  return new Promise((resolve) => {
    const hear = (message: unknown): void => {
      if (!isOfAdapter(message)) resolve(message);
    };
    child.on('message', hear);
    signal.addEventListener('abort', () => child.off('message', hear));
  });
}

/** Resolves with the next message of a program; rejects if it ends instead. */
export async function nextMessage(child: ChildProcess): Promise<unknown> {
  const done = new AbortController();
  const { signal } = done;
  try {
    return await Promise.race([
      messageOf(child, signal),
      once(child, 'exit', { signal }).then(([code]: unknown[]) => {
        throw new Error(`The program ended with ${String(code)}.`);
      }),
    ]);
  } finally {
    done.abort();
  }
}
