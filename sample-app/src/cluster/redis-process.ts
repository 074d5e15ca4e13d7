import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';

/** A Redis server on a free port, which keeps nothing on disk. */
export class RedisProcess {
  private child?: ChildProcess;

  /** Resolves with its address when it accepts connections. */
  async start(): Promise<string> {
    const port = await freePort();
    const options = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
    // In a group of its own: Ctrl+C is for the processes of the board, which need Redis until they have ended.
    const child = spawn('redis-server', options, { stdio: ['ignore', 'pipe', 'ignore'], detached: true });
    this.child = child;
    try {
      await once(child, 'spawn');
    } catch (error) {
      throw new Error(
        'The program redis-server is not installed. Install it (apt install redis-server, brew install redis), ' +
          'or give the address of a Redis: REDIS_URL=redis://localhost:6379 npm run start:cluster',
        { cause: error },
      );
    }
    for await (const line of createInterface(child.stdout)) {
      if (!line.includes('Ready to accept connections')) continue;
      // Whatever else it says must not fill the pipe.
      child.stdout.resume();
      return `redis://127.0.0.1:${port}`;
    }
    throw new Error(
      `redis-server did not start on port ${port}. Run it by hand to see why: redis-server --port ${port}`,
    );
  }

  async stop(): Promise<void> {
    const { child } = this;
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill();
    await ended;
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
