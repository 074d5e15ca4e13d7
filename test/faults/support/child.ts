import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** How a process has ended. */
export interface Death {
  code: number | null;
  signal: string | null;
  /** The line of its last words that says why. */
  reason: string;
}

/** A program in a process of its own that answers questions, and whose death is seen. */
export class Child {
  output = '';
  death: Death | undefined;
  private readonly waiting = new Map<number, (value: unknown) => void>();
  private asked = 0;

  private constructor(private readonly process: ChildProcess) {
    const read = (chunk: Buffer) => (this.output += chunk.toString());
    process.stdout?.on('data', read);
    process.stderr?.on('data', read);
    process.on('message', (message: { id: number; value: unknown }) => {
      this.waiting.get(message.id)?.(message.value);
      this.waiting.delete(message.id);
    });
    process.on('error', () => undefined);
    process.once('exit', (code, signal) => {
      this.death = { code, signal, reason: reasonIn(this.output) };
      for (const resolve of this.waiting.values()) resolve(undefined);
    });
  }

  /** Starts a program (`<name>.child.ts`) that was built into a folder. */
  static async start(folder: string, name: string, env: Record<string, string> = {}, heap?: number): Promise<Child> {
    const execArgv = [
      '--expose-gc',
      '--unhandled-rejections=strict',
      ...(heap ? [`--max-old-space-size=${heap}`] : []),
    ];
    const process_ = fork(join(folder, `${name}.js`), {
      execArgv,
      silent: true,
      env: { ...process.env, NO_COLOR: '1', ...env },
    });
    const child = new Child(process_);
    await Promise.race([once(process_, 'message'), once(process_, 'exit')]);
    if (child.death) throw new Error(`${name} ended with ${child.death.code}:\n${child.output}`);
    return child;
  }

  /** Resolves with the answer, or with `undefined` if the process ends before it has answered. */
  ask<T = unknown>(question: string, ...given: unknown[]): Promise<T | undefined> {
    if (this.death) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      const id = ++this.asked;
      this.waiting.set(id, (value) => resolve(value as T | undefined));
      this.process.send({ id, ask: question, given }, () => undefined);
    });
  }

  signal(signal: NodeJS.Signals): void {
    this.process.kill(signal);
  }

  /** Waits for its end, but not for ever. */
  async ended(patience: number): Promise<Death | undefined> {
    if (this.death) return this.death;
    const timeout = new Promise<void>((resolve) => void setTimeout(resolve, patience).unref());
    await Promise.race([once(this.process, 'exit'), timeout]);
    return this.death;
  }

  async end(): Promise<void> {
    if (this.death) return;
    const ended = once(this.process, 'exit');
    this.process.kill('SIGKILL');
    await ended;
  }
}

/** Node writes the error first, and its stack after it. */
function reasonIn(output: string): string {
  const lines = output.split('\n');
  const error =
    lines.findLast((line) => /^(\w*Error|FATAL ERROR|node:|\s+code:)\b/.test(line)) ?? lines.findLast(Boolean);
  return (error ?? '').trim().slice(0, 120);
}
