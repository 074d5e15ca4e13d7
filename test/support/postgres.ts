import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import pg from 'pg';
import { eventually } from './eventually.js';
import { freePort } from './free-port.js';

const run = promisify(execFile);

/** Who runs it where the tests are root's: Postgres refuses root. */
const ACCOUNT = 'postgres';

/** Where Debian has the programs, beside the PATH. */
const DEBIAN = '/usr/lib/postgresql';

/** Waits for no disk. */
const SETTINGS = ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off', 'unix_socket_directories='];

/** A server of Postgres, for as long as a test needs it, with a user who has a password. */
export class PostgresServer {
  static readonly user = 'postgres';
  static readonly password = 'a-password-of-postgres';

  private constructor(
    private readonly folder: string,
    readonly port: number,
    private process: ChildProcess,
  ) {}

  /** Gives nothing where there is no Postgres; on CI there has to be one. */
  static async start(): Promise<PostgresServer | undefined> {
    if (!program('initdb')) {
      if (process.env.CI === 'true') throw new Error('These tests need Postgres: apt-get install postgresql');
      // oxlint-disable-next-line no-console
      console.warn('SKIPPED: there is no Postgres here, so nothing is shown of servers that it joins.');
      return undefined;
    }
    const folder = await mkdtemp(join(tmpdir(), 'postgres-'));
    const password = join(folder, 'password');
    await writeFile(password, PostgresServer.password);
    await own(folder, password);
    const port = await freePort();
    const auth = ['--auth=scram-sha-256', `--pwfile=${password}`, `--username=${PostgresServer.user}`];
    await run(...command('initdb', [...auth, '--no-sync', '--encoding=UTF8', '-D', join(folder, 'data')]), {
      cwd: folder,
    });
    return new PostgresServer(folder, port, await startProcess(folder, port));
  }

  get url(): string {
    return `postgres://${PostgresServer.user}:${PostgresServer.password}@127.0.0.1:${this.port}/postgres`;
  }

  /** A pool as applications have one. */
  pool(options: pg.PoolConfig = {}): pg.Pool {
    return new pg.Pool({ connectionString: this.url, ...options });
  }

  /** Ends it without a word, as a crash does, or an operator. */
  async kill(signal: 'SIGKILL' | 'SIGINT' = 'SIGKILL'): Promise<void> {
    const { pid, exitCode, signalCode } = this.process;
    if (!pid || exitCode !== null || signalCode !== null) return;
    const ended = once(this.process, 'exit');
    const all = [...childrenOf(pid), pid];
    if (signal === 'SIGINT') this.process.kill(signal);
    else all.forEach((one) => signalTo(one, signal));
    await ended;
    await eventually(() => {
      if (all.some(isAlive)) throw new Error('Postgres has not ended.');
    });
  }

  async restart(): Promise<void> {
    await rm(join(this.folder, 'data/postmaster.pid'), { force: true });
    this.process = await startProcess(this.folder, this.port);
  }

  /** Has nothing of it run, while its connections stay open. */
  freeze(): void {
    const { pid = 0 } = this.process;
    for (const one of [pid, ...childrenOf(pid)]) signalTo(one, 'SIGSTOP');
  }

  thaw(): void {
    const { pid = 0 } = this.process;
    for (const one of [...childrenOf(pid), pid]) signalTo(one, 'SIGCONT');
  }

  async stop(): Promise<void> {
    await this.kill();
    await rm(this.folder, { recursive: true, force: true });
  }
}

async function startProcess(folder: string, port: number): Promise<ChildProcess> {
  const settings = SETTINGS.flatMap((setting) => ['-c', setting]);
  const options = ['-D', join(folder, 'data'), '-p', String(port), '-h', '127.0.0.1', ...settings];
  const [file, args] = command('postgres', options);
  const child = spawn(file, args, {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, LC_ALL: 'C' },
  });
  const said: string[] = [];
  for await (const line of createInterface(child.stderr)) {
    said.push(line);
    if (!line.includes('ready to accept connections')) continue;
    // Whatever else it says must not fill the pipe.
    child.stderr.resume();
    return child;
  }
  throw new Error(`Postgres did not start:\n${said.join('\n')}`);
}

/** @returns the command by which an account that may do so starts a program of Postgres */
function command(name: string, args: string[]): [file: string, args: string[]] {
  const file = program(name) ?? name;
  if (process.getuid?.() !== 0) return [file, args];
  return ['setpriv', [`--reuid=${ACCOUNT}`, `--regid=${ACCOUNT}`, '--clear-groups', file, ...args]];
}

function program(name: string): string | undefined {
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN).map((version) => join(DEBIAN, version, 'bin')) : [];
  const folders = [...versions, ...(process.env.PATH ?? '').split(delimiter)];
  return folders.map((folder) => join(folder, name)).find((file) => existsSync(file));
}

async function own(...paths: string[]): Promise<void> {
  if (process.getuid?.() !== 0) return;
  const ids = await Promise.all(['-u', '-g'].map((which) => run('id', [which, ACCOUNT])));
  const [uid, gid] = ids.map(({ stdout }) => Number(stdout));
  for (const path of paths) chownSync(path, uid, gid);
}

function childrenOf(pid: number): number[] {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
    return children.split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

/** What has ended may have an entry until somebody asks for its exit code. */
function isAlive(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) [ZX]/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

function signalTo(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended.
  }
}
