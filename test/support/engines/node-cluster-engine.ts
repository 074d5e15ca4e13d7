import { createAdapter } from '@socket.io/cluster-adapter';
import type { ChildProcess } from 'node:child_process';
import { cluster } from '../../../src/index.js';
import { isOfAdapter, type AdapterMessage } from './adapter-message.js';
import type { Engine, Program } from './engine.js';

/**
 * Stands for the primary of Node's cluster module. The two servers of a test are in one process, which tells itself what
 * workers would tell each other: as JSON, later, and in order. Programs that a test starts are workers, too.
 */
class Primary implements Program {
  readonly url = 'process://';
  private readonly workers = new Set<ChildProcess>();
  private readonly listeners = new Set<(text: string) => void>();
  private held: Array<() => void> | undefined;

  /** Carries what the servers of this process send. */
  constructor() {
    const toParent = process.send?.bind(process);
    process.send = (message: unknown, ...rest: unknown[]): boolean => {
      if (!isOfAdapter(message)) return (toParent as (...args: unknown[]) => boolean)(message, ...rest);
      this.carry(message);
      return true;
    };
  }

  add(worker: ChildProcess): void {
    this.workers.add(worker);
    worker.on('message', (message) => {
      if (isOfAdapter(message)) this.carry(message, worker);
    });
    worker.once('exit', () => this.workers.delete(worker));
  }

  listen(listener: (text: string) => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  freeze(): void {
    this.held ??= [];
  }

  thaw(): void {
    for (const deliver of this.held?.splice(0) ?? []) setImmediate(deliver);
    this.held = undefined;
  }

  async stop(): Promise<void> {}

  private carry(message: AdapterMessage, from?: ChildProcess): void {
    const text = JSON.stringify(message);
    const deliver = (): void => {
      for (const listener of this.listeners) listener(text);
      process.emit('message', JSON.parse(text), undefined);
      for (const worker of this.workers) {
        // One that is being killed cannot be told.
        if (worker !== from && worker.connected) worker.send(JSON.parse(text) as object, () => undefined);
      }
    };
    if (this.held) this.held.push(deliver);
    else setImmediate(deliver);
  }
}

/** What is used of the adapter, whose messages are to say which cluster they belong to. */
interface Publishing {
  init(): void;
  doPublish(...args: unknown[]): unknown;
  doPublishResponse(...args: unknown[]): unknown;
}

const isMessage = (arg: unknown): arg is object => typeof arg === 'object' && arg !== null;

let primary: Primary | undefined;

/** The primary of this process, once a test needs one. */
function primaryHere(): Primary {
  return (primary ??= new Primary());
}

export const nodeClusterEngine: Engine = {
  start: async () => primaryHere(),

  async join(_url, key) {
    const make = createAdapter();
    const added: NodeJS.MessageListener[] = [];
    function adapter(namespace: Parameters<typeof make>[0]) {
      const before = process.listeners('message');
      const made = make(namespace) as unknown as Publishing;
      for (const listener of process.listeners('message').filter((each) => !before.includes(each))) {
        process.off('message', listener);
        const ofThisCluster: NodeJS.MessageListener = (message, handle) => {
          if (isOfAdapter(message) && message.key === key) listener(message, handle);
        };
        process.on('message', ofThisCluster);
        added.push(ofThisCluster);
      }
      for (const method of ['doPublish', 'doPublishResponse'] as const) {
        const publish = made[method].bind(made);
        made[method] = (...args) => publish(...args.map((arg) => (isMessage(arg) ? { ...arg, key } : arg)));
      }
      // It has said so without a key.
      made.init();
      return made;
    }
    return {
      cluster: cluster({ adapter: adapter as unknown as typeof make }),
      // The adapter never stops listening, and would answer the servers of later tests.
      end: async () => added.forEach((listener) => process.off('message', listener)),
    };
  },

  adopt: (child) => primaryHere().add(child),

  async eavesdrop() {
    const heard: string[] = [];
    const end = primaryHere().listen((text) => heard.push(text));
    return async () => {
      await new Promise((resolve) => setImmediate(resolve));
      end();
      return heard.join('\n');
    };
  },
};
