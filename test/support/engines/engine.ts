import type { ChildProcess } from 'node:child_process';
import type { ClusterIntegration } from '../../../src/index.js';

/** What may join the servers of a test. Each has a project of `vitest.config.ts`, where all tests of clusters run. */
export type EngineName = 'redis' | 'ioredis' | 'sharded' | 'streams' | 'postgres' | 'node-cluster';

/** A program that joins servers, and that tests may hurt. */
export interface Program {
  /** Where clients find it. */
  readonly url: string;
  stop(): Promise<void>;
  /** It stands still, with all its connections open. */
  freeze(): void;
  thaw(): void;
}

/** How one server is joined to the others. */
interface Joined {
  cluster: ClusterIntegration;
  /** Ends what the application does not end, after it. */
  end(): Promise<void>;
}

export interface Engine {
  /** Starts the program that the engine needs. Gives nothing where it is not installed. */
  start(): Promise<Program | undefined>;
  /** @param key what the names of all channels and keys begin with */
  join(url: string, key: string): Promise<Joined>;
  /** Joins a program that the test has started in a process of its own, where the process itself joins it. */
  adopt?(child: ChildProcess): void;
  /**
   * Listens to all that servers say to each other.
   *
   * @returns waits until everything said so far was heard, and gives it
   */
  eavesdrop(url: string, key: string): Promise<() => Promise<string>>;
}
