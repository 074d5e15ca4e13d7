import type { Worker } from 'node:cluster';
import { typeOf } from './join.js';

type Send = (message: unknown, ...rest: unknown[]) => boolean;

/** What the messages of `@socket.io/sticky` are called, by which the primary hands on connections. */
const STICKY = 'sticky:';

/**
 * Keeps back the connections that the primary hands to a worker until the worker takes them. `@socket.io/sticky` hands
 * them to any that has been forked; while its application starts, they would be lost, and their clients wait in vain.
 */
export class WorkerGate {
  private isOpen = false;
  private readonly kept: Array<Parameters<Send>> = [];
  private readonly send: Send;

  constructor(worker: Worker) {
    this.send = worker.send.bind(worker) as Send;
    (worker as { send: Send }).send = (message, ...rest) => {
      if (this.isOpen || !String(typeOf(message)).startsWith(STICKY)) return this.send(message, ...rest);
      this.kept.push([message, ...rest]);
      return true;
    };
    // It may end while it is being written to: an error without a listener would end this process.
    worker.on('error', () => undefined);
    worker.on('exit', () => this.refuse());
  }

  open(): void {
    this.isOpen = true;
    for (const kept of this.kept.splice(0)) this.send(...kept);
  }

  /** Has the connections closed, so that their clients connect again. */
  private refuse(): void {
    for (const kept of this.kept.splice(0)) {
      const callback = kept.at(-1);
      if (typeof callback === 'function') (callback as (error: Error) => void)(new Error('The worker has ended.'));
    }
  }
}
