import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { eventually } from '../../support/eventually.js';
import { onceDone } from '../../support/lifetime.js';
import { ServerProcess } from '../../support/server-process.js';

const main = join(import.meta.dirname, '../../../sample-app/dist/cluster/start.js');

/** Tests that need a Redis are skipped without one on a developer's machine, and fail in CI. */
export const isRedisMissing = !process.env.CI && spawnSync('redis-server', ['--version']).error !== undefined;

if (isRedisMissing) {
  // oxlint-disable-next-line no-console -- Tests that silently do not run prove nothing.
  console.warn('SKIPPED: there is no redis-server here, so the sample application does not run on two processes.');
}

/** Runs the built sample application on two processes, as `npm run start:cluster` does, with a database of its own. */
export class RunningCluster {
  private constructor(
    private readonly process: ServerProcess,
    /** The processes: their ids, and where each can be reached alone. */
    readonly members: ReadonlyArray<{ pid: number; url: string }>,
  ) {}

  static async start(): Promise<RunningCluster> {
    const folder = await mkdtemp(join(tmpdir(), 'sample-app-cluster-'));
    onceDone(() => rm(folder, { recursive: true, force: true }));
    const process = await ServerProcess.start(main, {
      env: { DATABASE: join(folder, 'board.sqlite') },
      command: 'npm run build:sample-app',
    });
    onceDone(() => process.stop());
    const said = () => [...process.log.matchAll(/Process (\d+) is at (http:\S+),/g)];
    await eventually(() => expect(said()).toHaveLength(2));
    const members = said().map(([, pid, url]) => ({ pid: Number(pid), url }));
    return new RunningCluster(process, members);
  }

  /** Where a connection reaches either process. */
  get url(): string {
    return this.process.url;
  }

  /** The ids of the processes to which a member has been connected, in order. */
  processesOf(memberId: number): number[] {
    const lines = this.process.log.matchAll(/\[Nest\] (\d+) .*Member (\d+) is connected/g);
    return [...lines].filter(([, , id]) => Number(id) === memberId).map(([, pid]) => Number(pid));
  }
}
