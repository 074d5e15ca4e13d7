import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { startProgram } from '../../../support/child-process.js';

export interface ChildOptions {
  platform: string;
  forceCloseConnections: boolean;
}

/** An application in a process of its own. */
export class ChildApplication {
  private output = '';
  private readonly exit: Promise<unknown[]>;

  private constructor(
    private readonly process: ChildProcess,
    private port = 0,
  ) {
    this.exit = once(process, 'exit');
    for (const stream of [process.stdout, process.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => (this.output += text));
    }
  }

  static async start({ platform, forceCloseConnections }: ChildOptions): Promise<ChildApplication> {
    const env = { PLATFORM: platform, FORCE: String(forceCloseConnections) };
    const child = startProgram('shutdown', env, { silent: true });
    const application = new ChildApplication(child);
    application.port = (await application.answer()) as number;
    return application;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Calls `app.close()`, and tells how many milliseconds it took to resolve. */
  async close(): Promise<number> {
    this.process.send('close');
    return (await this.answer()) as number;
  }

  /** How the process ended, by itself. */
  async ended(): Promise<{ code: unknown; signal: unknown; output: string }> {
    const [code, signal] = await this.exit;
    return { code, signal, output: this.output };
  }

  private answer(): Promise<unknown> {
    return Promise.race([
      once(this.process, 'message').then(([message]: unknown[]) => message),
      this.exit.then(([code]) =>
        Promise.reject(new Error(`The application ended with ${String(code)}: ${this.output}`)),
      ),
    ]);
  }
}
