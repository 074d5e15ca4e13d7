import { type ChildProcess, spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';

/** A program that runs beside the test. */
export class Child {
  /** What it wrote, to both streams. */
  output = '';

  private readonly changes = new EventEmitter();
  private ended = false;

  private constructor(private readonly process: ChildProcess) {
    const hear = (text: string): void => {
      this.output += text;
      this.changes.emit('change');
    };
    process.stdout?.setEncoding('utf8').on('data', hear);
    process.stderr?.setEncoding('utf8').on('data', hear);
    process.once('close', () => {
      this.ended = true;
      this.changes.emit('change');
    });
  }

  static start(command: string, args: readonly string[], cwd: string): Child {
    return new Child(spawn(command, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] }));
  }

  /** The first group of the pattern as soon as the program has written it; fails if the program ends before. */
  async wrote(pattern: RegExp): Promise<string> {
    for (;;) {
      const found = pattern.exec(this.output)?.[1];
      if (found !== undefined) return found;
      if (this.ended) throw new Error(`It ended without having written ${pattern}, but this:\n${this.output}`);
      await once(this.changes, 'change');
    }
  }

  /** Waits until it has ended, which it must do well: a failure fails with what it wrote. */
  async succeeded(): Promise<string> {
    while (!this.ended) await once(this.changes, 'change');
    const { exitCode, signalCode, spawnargs } = this.process;
    if (exitCode !== 0) throw new Error(`${spawnargs.join(' ')} ended with ${exitCode ?? signalCode}:\n${this.output}`);
    return this.output;
  }

  async stop(): Promise<void> {
    if (!this.ended) this.process.kill('SIGTERM');
    while (!this.ended) await once(this.changes, 'change');
  }
}
