import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks';
import { debugLog, LineLogger, logFailure } from '../common/log.js';
import type { TransactionHold } from './transactions.options.js';

const debug = debugLog('transactions');

/** What becomes of the publications of one async context. */
export interface PublishingScope {
  /** The hold of the transaction that the code runs in; absent outside of transactions. */
  readonly hold?: Hold;
  /** Whether nothing may be told to anybody. */
  readonly isSilent: boolean;
}

const scopes = new AsyncLocalStorage<PublishingScope>();
const NO_SCOPE: PublishingScope = { isSilent: false };

/** Returns the scope of the code that is running. */
export function currentScope(): PublishingScope {
  return scopes.getStore() ?? NO_SCOPE;
}

/** Runs work in a scope, including everything that it awaits or starts. */
export function runInScope<T>(scope: PublishingScope, work: () => T): T {
  return scopes.run(scope, work);
}

/** One call of a publishing method that waits for a transaction. */
interface HeldCall {
  /** The method, or the decorator and the route, for logs. */
  readonly by: string;
  /** Its place among all calls of this process, by which nested transactions are put in order. */
  readonly position: number;
  readonly send: () => void | Promise<void>;
  /** What is done if the transaction is rolled back, or begins again. */
  readonly drop: (() => void) | undefined;
}

/** How many calls of publishing methods were held since the process started. */
let calls = 0;

/** Holds what is published during one transaction, in the order of the calls. */
export class Hold implements TransactionHold {
  private readonly logger = new LineLogger('SocketsModule');
  private state: 'open' | 'committed' | 'rolled back' = 'open';
  private held: HeldCall[] = [];
  /** Holds what the present attempt at the transaction publishes, so that what earlier ones left behind is dropped. */
  private attempt?: Hold;
  private isSending = false;
  private hasWarned = false;

  /** @param around the hold of the transaction around this one */
  constructor(private readonly around?: Hold) {}

  /** That of the transaction around all others. */
  get outermost(): Hold {
    return this.around?.outermost ?? this;
  }

  run<T>(work: () => T): T {
    if (this.state === 'open') this.attempt ??= new Hold(this);
    return runInScope({ hold: this.attempt ?? this, isSilent: currentScope().isSilent }, work);
  }

  restart(): void {
    if (this.state !== 'open') return;
    this.endAttempt();
    this.dropAll();
  }

  commit(): void {
    if (this.state !== 'open') return;
    this.attempt?.commit();
    this.state = 'committed';
    debug?.(`committed, with ${this.held.length} held call(s)${this.around ? ', for the transaction around it' : ''}`);
    this.release();
  }

  rollback(): void {
    if (this.state !== 'open') return;
    this.state = 'rolled back';
    this.endAttempt();
    debug?.(`rolled back, with ${this.held.length} held call(s)`);
    this.dropAll();
  }

  /**
   * Holds a call until the transaction has ended.
   *
   * @param by the method, or the decorator and the route, for logs
   * @param send runs in the async context of this call. Its failure is logged
   * @param drop runs in place of it if the transaction is rolled back
   */
  add(by: string, send: () => void | Promise<void>, drop?: () => void): void {
    debug?.(`${by} is held`);
    this.take({ by, position: ++calls, send: AsyncResource.bind(send), drop });
  }

  private dropAll(): void {
    for (const { drop } of this.held.splice(0)) drop?.();
  }

  private endAttempt(): void {
    this.attempt?.rollback();
    this.attempt = undefined;
  }

  private take(call: HeldCall): void {
    if (this.state === 'rolled back') {
      call.drop?.();
      return this.warnOfDropped(call);
    }
    this.held.push(call);
    if (this.state === 'committed') this.release();
  }

  /** Hands what is held to the transaction around this one, or sends it. */
  private release(): void {
    if (!this.around) return this.sendAll();
    for (const call of this.held.splice(0)) this.around.take(call);
  }

  /**
   * Sends in the order of the calls. A listener to what is sent may publish, which comes after what is held already.
   */
  private sendAll(): void {
    if (this.isSending) return;
    this.isSending = true;
    this.held.sort((one, other) => one.position - other.position);
    // The list may grow meanwhile.
    for (let next = 0; next < this.held.length; next++) this.send(this.held[next]);
    this.held = [];
    this.isSending = false;
  }

  private send({ by, send }: HeldCall): void {
    const failed = (error: unknown): void =>
      logFailure(this.logger, `${by}: the transaction has committed, but what it held could not be sent.`, error);
    try {
      send()?.catch(failed);
    } catch (error) {
      failed(error);
    }
  }

  private warnOfDropped({ by }: HeldCall): void {
    if (this.hasWarned) return;
    this.hasWarned = true;
    this.logger.warn(
      `${by} belongs to a transaction that had been rolled back by then, so nobody is told. If that comes from the ` +
        `work of the transaction, await it there. (Logged once for each transaction.)`,
    );
  }
}
