import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { TestContext } from 'vitest';
import { freePort } from './free-port.js';

/** A redis-server of Debian's, for as long as a test needs it. */
export class RedisServer {
  private constructor(
    private readonly options: readonly string[],
    private process: ChildProcess,
    readonly url: string,
  ) {}

  /**
   * Gives nothing where there is no redis-server; on CI there has to be one.
   *
   * @param options further ones of the command line, such as `'--requirepass', 'secret'`
   */
  static async start(...options: string[]): Promise<RedisServer | undefined> {
    const port = await freePort();
    const all = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', ...options];
    try {
      return new RedisServer(all, await startProcess(all), `redis://127.0.0.1:${port}`);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      if (process.env.CI === 'true') throw new Error('These tests need redis-server.', { cause: error });
      // oxlint-disable-next-line no-console
      console.warn('SKIPPED: there is no redis-server here, so nothing is shown of servers that it joins.');
      return undefined;
    }
  }

  /** Starts one for a test alone, which is skipped, aloud, where there is no redis-server. */
  static async startFor(context: TestContext, ...options: string[]): Promise<RedisServer> {
    const server = (await RedisServer.start(...options)) ?? context.skip('there is no redis-server');
    context.onTestFinished(() => server.stop());
    return server;
  }

  /** Ends it without a word, as a crash does. */
  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  /** Starts it again where it was, with none of its data. */
  async restart(): Promise<void> {
    this.process = await startProcess(this.options);
  }

  /** Has nothing of it run, while its connections stay open. */
  freeze(): void {
    this.process.kill('SIGSTOP');
  }

  thaw(): void {
    this.process.kill('SIGCONT');
  }

  async stop(): Promise<void> {
    // What is frozen ends as soon as it goes on.
    this.thaw();
    await this.end('SIGTERM');
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    const { exitCode, signalCode } = this.process;
    if (exitCode !== null || signalCode !== null) return;
    const ended = once(this.process, 'exit');
    this.process.kill(signal);
    await ended;
  }
}

async function startProcess(options: readonly string[]): Promise<ChildProcess> {
  const child = spawn('redis-server', options, { stdio: ['ignore', 'pipe', 'ignore'] });
  await once(child, 'spawn');
  const said: string[] = [];
  for await (const line of createInterface(child.stdout)) {
    said.push(line);
    if (!line.includes('Ready to accept connections')) continue;
    // Whatever else it says must not fill the pipe.
    child.stdout.resume();
    return child;
  }
  throw new Error(`redis-server did not start:\n${said.join('\n')}`);
}
