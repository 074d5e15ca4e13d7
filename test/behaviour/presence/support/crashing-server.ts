import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { inject, onTestFinished } from 'vitest';

const file = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** A server in a process of its own, whose sockets are all in the lobby, and which can be killed. */
export class CrashingServer {
  private constructor(
    private readonly process: ChildProcess,
    readonly url: string,
  ) {}

  static async start(redis: string, key: string, forgetAfter: number): Promise<CrashingServer> {
    const child = fork(file('crashing-app.mjs'), {
      execArgv: ['--import', file('../../module/support/run-sources.mjs')],
      env: { ...process.env, NEST: String(inject('nest')), REDIS: redis, KEY: key, FORGET_AFTER: String(forgetAfter) },
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    const [port] = (await once(child, 'message')) as [number];
    return new CrashingServer(child, `http://127.0.0.1:${port}`);
  }

  async kill(): Promise<void> {
    const ended = once(this.process, 'exit');
    this.process.kill('SIGKILL');
    await ended;
  }

  /** It stands still, with all its connections open. */
  freeze(): void {
    this.process.kill('SIGSTOP');
  }

  thaw(): void {
    this.process.kill('SIGCONT');
  }
}
