import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'libsql';

const root = join(import.meta.dirname, '../../..');
/** The password of every demo member. */
export const PASSWORD = 'open sesame';

const main = join(root, 'sample-app/dist/main.js');

/** Runs the built sample application as its users do, in a process of its own, with a database of its own. */
export class RunningApp {
  private process?: ChildProcess;
  private port = 0;
  /** What it has written since it was started the last time. */
  log = '';

  private constructor(private readonly folder: string) {}

  static async start(): Promise<RunningApp> {
    if (!existsSync(main)) throw new Error(`${main} does not exist. Run "npm run build:sample-app" first.`);
    const app = new RunningApp(await mkdtemp(join(tmpdir(), 'sample-app-')));
    await app.start();
    return app;
  }

  get url(): string {
    return `http://localhost:${this.port}`;
  }

  /** Signs a member in, and returns the session cookie. */
  async signIn(name: string, password = PASSWORD): Promise<string> {
    const response = await fetch(`${this.url}/session`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ name, password }),
    });
    if (!response.ok) throw new Error(`${name} was not signed in: ${response.status}`);
    return response.headers.getSetCookie()[0].split(';')[0];
  }

  /** Runs a statement on the database behind the application's back. */
  query(sql: string): Record<string, unknown>[] {
    const database = new Database(this.databaseFile);
    try {
      return database.prepare(sql).all() as Record<string, unknown>[];
    } finally {
      database.close();
    }
  }

  /** Starts the application: on a free port the first time, and on the same port after that. */
  async start(): Promise<void> {
    const child = spawn(process.execPath, [main], {
      cwd: root,
      env: { ...process.env, PORT: String(this.port), DATABASE: this.databaseFile, NO_COLOR: '1' },
    });
    this.process = child;
    this.port = await new Promise<number>((resolve, reject) => {
      this.log = '';
      const read = (chunk: Buffer) => {
        this.log += chunk.toString();
        const url = /http:\/\/localhost:(\d+)/.exec(this.log);
        if (url) resolve(Number(url[1]));
      };
      child.stdout.on('data', read);
      child.stderr.on('data', read);
      child.once('exit', (code) => reject(new Error(`The sample application ended with ${code}:\n${this.log}`)));
    });
  }

  async stop(): Promise<void> {
    const child = this.process;
    if (!child || child.exitCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill();
    await ended;
  }

  async dispose(): Promise<void> {
    await this.stop();
    await rm(this.folder, { recursive: true, force: true });
  }

  private get databaseFile(): string {
    return join(this.folder, 'board.sqlite');
  }
}
