import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';

/** A built application that runs as its users run it, in a process of its own. It says in its log where it listens. */
export class ServerProcess {
  private constructor(
    private readonly child: ChildProcess,
    private readonly output: { text: string },
    readonly port: number,
  ) {}

  /**
   * @param main what was built, by the command
   * @param port `0` for a free one
   */
  static async start(
    main: string,
    { port = 0, env, command }: { port?: number; env?: Record<string, string>; command: string },
  ): Promise<ServerProcess> {
    if (!existsSync(main)) throw new Error(`${main} does not exist. Run "${command}" first.`);
    const child = spawn(process.execPath, [main], {
      env: { ...process.env, NO_COLOR: '1', ...env, PORT: String(port) },
    });
    const output = { text: '' };
    const found = await new Promise<number>((resolve, reject) => {
      const read = (chunk: Buffer) => {
        output.text += chunk.toString();
        const url = /http:\/\/localhost:(\d+)/.exec(output.text);
        if (url) resolve(Number(url[1]));
      };
      child.stdout.on('data', read);
      child.stderr.on('data', read);
      child.once('exit', (code) => reject(new Error(`${main} ended with ${code}:\n${output.text}`)));
    });
    return new ServerProcess(child, output, found);
  }

  get url(): string {
    return `http://localhost:${this.port}`;
  }

  /** What it has written so far. */
  get log(): string {
    return this.output.text;
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null) return;
    const ended = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.kill();
    await ended;
  }
}
