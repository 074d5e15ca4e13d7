import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { inject } from 'vitest';
import { nextMessage, startProgram } from '../../../../support/child-process.js';
import { engine, engineName, type Bus } from '../../../../support/cluster.js';

/** A server in a process of its own, whose sockets are all in the lobby, and which can be killed. */
export class CrashingServer {
  private constructor(
    private readonly process: ChildProcess,
    readonly url: string,
  ) {}

  static async start({ url, key }: Bus, forgetAfter: number): Promise<CrashingServer> {
    const child = startProgram('crashing-server', {
      ENGINE: engineName,
      BUS_URL: url,
      KEY: key,
      FORGET_AFTER: String(forgetAfter),
      PLATFORM: inject('platform'),
    });
    engine.adopt?.(child);
    return new CrashingServer(child, `http://127.0.0.1:${String(await nextMessage(child))}`);
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
