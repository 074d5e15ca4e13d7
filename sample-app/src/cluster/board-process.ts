import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

const main = join(import.meta.dirname, '../main.js');

/** One of the processes that serve the task board, on a free port of its own. */
export class BoardProcess {
  private readonly child: ChildProcess;
  private listensAt?: number;

  constructor(env: Record<string, string>) {
    this.child = fork(main, { env: { ...process.env, ...env, PORT: '0' } });
    // What it would print about not being able to start is in its own log.
    this.child.on('error', () => undefined);
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  /** The port, until it has ended. */
  get port(): number | undefined {
    return this.hasEnded ? undefined : this.listensAt;
  }

  /** Resolves when it listens. */
  async start(): Promise<void> {
    const ended = this.ended().then(() => {
      throw new Error('A process of the task board ended before it listened. Its log above says why');
    });
    const [port] = (await Promise.race([once(this.child, 'message'), ended])) as [number];
    ended.catch(() => undefined);
    this.listensAt = port;
  }

  /** Resolves when it has ended, by itself or not. */
  async ended(): Promise<void> {
    if (!this.hasEnded) await once(this.child, 'exit');
  }

  async stop(): Promise<void> {
    if (this.hasEnded) return;
    const ended = this.ended();
    this.child.kill();
    await ended;
  }

  private get hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }
}
