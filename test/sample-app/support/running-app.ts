import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'libsql';
import { ServerProcess } from '../../support/server-process.js';

const root = join(import.meta.dirname, '../../..');
/** The password of every demo member. */
export const PASSWORD = 'open sesame';

const main = join(root, 'sample-app/dist/main.js');

/** Runs the built sample application as its users do, in a process of its own, with a database of its own. */
export class RunningApp {
  private process?: ServerProcess;

  private constructor(private readonly folder: string) {}

  static async start(): Promise<RunningApp> {
    const app = new RunningApp(await mkdtemp(join(tmpdir(), 'sample-app-')));
    await app.start();
    return app;
  }

  get url(): string {
    return this.process?.url ?? '';
  }

  /** What it has written since it was started the last time. */
  get log(): string {
    return this.process?.log ?? '';
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
    this.process = await ServerProcess.start(main, {
      port: this.process?.port,
      env: { DATABASE: this.databaseFile },
      command: 'npm run build:sample-app',
    });
  }

  async stop(): Promise<void> {
    await this.process?.stop();
  }

  async dispose(): Promise<void> {
    await this.stop();
    await rm(this.folder, { recursive: true, force: true });
  }

  private get databaseFile(): string {
    return join(this.folder, 'board.sqlite');
  }
}
