import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { createClient } from 'redis';

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/** A redis-server of its own. */
export class RedisProgram {
  /** Returns `undefined` where none is installed. */
  static async start() {
    const port = await freePort();
    const options = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
    const program = spawn('redis-server', options, { stdio: 'ignore' });
    const failed = once(program, 'error').then(() => undefined);
    const url = `redis://127.0.0.1:${port}`;
    const admin = createClient({ url }).on('error', () => undefined);
    const connected = await Promise.race([failed, admin.connect()]);
    if (connected) return new RedisProgram(program, admin, url);
    admin.destroy();
    return undefined;
  }

  #program;
  #admin;

  constructor(program, admin, url) {
    this.#program = program;
    this.#admin = admin;
    this.url = url;
  }

  /** Returns the microseconds of CPU time that it has used. */
  async cpu() {
    const info = await this.#admin.info('cpu');
    const seconds = (name) => Number(new RegExp(`${name}:([\\d.]+)`).exec(info)[1]);
    return (seconds('used_cpu_sys') + seconds('used_cpu_user')) * 1e6;
  }

  async stop() {
    this.#admin.destroy();
    this.#program.kill();
    await once(this.#program, 'exit');
  }
}
