import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { freePort } from './free-port.js';

/** A redis-server of Debian's, for as long as a test needs it. */
export class RedisServer {
  private constructor(
    private readonly process: ChildProcess,
    readonly url: string,
  ) {}

  /** Gives nothing where there is no redis-server; on CI there has to be one. */
  static async start(): Promise<RedisServer | undefined> {
    const port = await freePort();
    const options = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
    const child = spawn('redis-server', options, { stdio: ['ignore', 'pipe', 'ignore'] });
    const failed = once(child, 'error').then(([error]) => error as Error);
    const outcome = await Promise.race([failed, ready(child)]);
    if (outcome === true) return new RedisServer(child, `redis://127.0.0.1:${port}`);
    if (process.env.CI === 'true') throw new Error(`These tests need redis-server: ${String(outcome)}`);
    return undefined;
  }

  async stop(): Promise<void> {
    const ended = once(this.process, 'exit');
    this.process.kill();
    await ended;
  }
}

async function ready(child: ChildProcess): Promise<boolean> {
  if (!child.stdout) return false;
  for await (const line of createInterface(child.stdout)) {
    if (!line.includes('Ready to accept connections')) continue;
    // Whatever else it says must not fill the pipe.
    child.stdout.resume();
    return true;
  }
  return false;
}
