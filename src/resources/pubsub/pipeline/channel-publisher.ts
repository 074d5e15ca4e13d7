import { readOptions } from '../../../common/option-rules.js';
import { FirstTimes, LineLogger } from '../../../common/log.js';
import { fireAndForget, thenSync, withTimeout } from '../../../common/promises.js';
import { currentMutation } from '../../../common/requester-context.js';
import type { OutboxConnection } from '../../../server/cluster/journal/journal.js';
import type { Hold, PublishingScope } from '../../../transactions/hold.js';
import type { Transactions } from '../../../transactions/transactions.js';
import type { RememberedKey } from '../../definition/keys/record-keys.js';
import type { Resource } from '../../definition/resource.js';
import type { RelationGraph } from '../../relations/relation-graph.js';
import { OutboxError, UnknownRecordKeyError } from '../../resources.errors.js';
import type { PublishOptions } from '../channel.options.js';
import type { Change, ChangeOptions, Publication } from '../publication.js';
import type { PublicationPipeline } from './publication-pipeline.js';
import type { ReadPublications } from './publication-stages.js';

/** Runs calls in order. A call runs synchronously unless it, or an earlier one, is still waiting. */
class CallOrder {
  private last: Promise<unknown> | undefined;

  run<T>(value: T | Promise<T>, call: (value: T) => void | Promise<void>): void | Promise<void> {
    const isFree = !this.last && !(value instanceof Promise);
    const turn = isFree ? call(value) : Promise.resolve(this.last).then(async () => call(await value));
    if (!turn) return;
    const over = turn.catch(() => undefined);
    this.last = over;
    void over.then(() => {
      if (this.last === over) this.last = undefined;
    });
    return turn;
  }
}

interface Composed {
  composed: readonly Publication[] | Promise<readonly Publication[]>;
  /** The rooms of sockets that hear none of it. */
  omitted: string[] | Promise<string[]>;
  /** The keys by which code has named the records, in a transaction. */
  keys: readonly RememberedKey[];
}

interface Ready {
  publications: ReadPublications;
  omitted: readonly string[];
}

const NO_OUTBOX =
  'needs a table in the database of the transaction. Join the servers by postgres({ pool, outbox: true }), or leave ' +
  'out the option: then what is published waits for the commit in the memory of this process.';
const NO_TRANSACTION =
  'is given where no transaction is known, so nobody would say when it has committed. Run the transaction in ' +
  'SocketsService.afterCommit(), name the library in SocketsModule.forRoot({ transactions }), or give the option ' +
  '"transaction", too.';
const NOT_THERE =
  'names a connection to another database, schema or cluster than that of postgres({ pool, prefix, schema }), where ' +
  'the outbox is. Nothing was written there. Give a connection to that database, or leave out the option.';

/** The answers by which Postgres says that it has no such function or schema, or that this is not the right one. */
const GONE: ReadonlySet<unknown> = new Set(['3F000', '42883', '42P01']);

/** How long, in milliseconds, a view may take; later publications wait no longer than that. */
const VIEW_TIMEOUT = 5_000;

/**
 * Publishes what code says of one resource, in the order of the calls: at once, or when the transaction that is open
 * has committed.
 */
export class ChannelPublisher {
  private readonly order = new CallOrder();
  /** Where calls that wait for views and for a transaction take records is not known before the views have answered. */
  private readonly foreseeing = new WeakMap<Hold, Promise<unknown>>();
  private readonly undeclared = new FirstTimes(100);
  private readonly logger = new LineLogger('ResourcefulPubSub');

  constructor(
    private readonly resource: Resource,
    private readonly pipeline: PublicationPipeline,
    private readonly relations: RelationGraph,
    private readonly transactions: Transactions,
  ) {}

  /**
   * Publishes changes, or rejects before anything is sent.
   *
   * @param method of the channel
   * @param named what the caller has named the records by
   * @param read makes the changes of the checked options
   */
  publish<Options extends PublishOptions>(
    method: string,
    named: unknown,
    given: Options,
    rules: Parameters<typeof readOptions<Options>>[2],
    read: (change: { resource: Resource; options: ChangeOptions }, options: Options) => Change[],
  ): Promise<void> {
    const by = `${this.resource.name}.${method}`;
    const failed = (error: unknown): never => {
      this.pipeline.counters.failed++;
      throw error;
    };
    return fireAndForget(() => {
      try {
        const options = readOptions<Options>(by, given, rules);
        const scope = this.transactions.scopeOf(by, options, Object.keys(rules));
        const connection = options.outbox && this.assertOutbox(by, options.outbox, scope);
        const mutation = options.mutation ?? currentMutation();
        const changes = read({ resource: this.resource, options: { ...options, mutation, by } }, options);
        if (scope.isSilent) return this.follow(by, changes, scope)?.catch(failed);
        const omitted = options.except === undefined ? [] : this.pipeline.findOmitted(by, options.except);
        const keys = scope.hold ? this.rememberedKeys(named, changes) : [];
        const composed: Composed = { composed: this.pipeline.compose(changes), omitted, keys };
        return this.publishInOrder(by, composed, scope, connection)?.catch(failed);
      } catch (error) {
        return failed(error);
      }
    });
  }

  /** Warns once of a collection that no relation declares. Of those that routes name, boot does. */
  warnOfUndeclared(where: string, attribute: string): void {
    const advice = this.relations.adviceFor(this.resource, attribute);
    if (advice === undefined || !this.undeclared.isFirst(attribute)) return;
    this.logger.warn(`${where}: ${advice} (Logged once.)`);
  }

  /** Reads as much as possible synchronously, so that the caller may go on changing it even if sending has to wait. */
  private publishInOrder(
    by: string,
    { composed, omitted, keys }: Composed,
    { hold }: PublishingScope,
    connection?: OutboxConnection,
  ): void | Promise<void> {
    const ready = this.makeReady(by, composed, omitted);
    // It may fail before its turn comes.
    if (ready instanceof Promise) ready.catch(() => undefined);
    if (!hold) return this.order.run(ready, (one) => this.pipeline.send(one.publications, one.omitted));

    this.pipeline.assertCanSend();
    if (connection) return this.writeHeld(by, ready, hold, connection);
    const undo = this.foresee(ready, hold);
    const send = (): void | Promise<void> => {
      undo();
      return this.sendHeld(ready, keys, (one) => this.pipeline.send(one.publications, one.omitted));
    };
    hold.add(by, send, undo);
    // Whoever awaits it is inside the transaction, which must not wait for its own end.
    return thenSync(ready, () => undefined);
  }

  private makeReady(by: string, composed: Composed['composed'], omitted: Composed['omitted']): Ready | Promise<Ready> {
    if (!(composed instanceof Promise)) {
      const publications = this.pipeline.read(composed);
      return thenSync(omitted, (rooms) => ({ publications, omitted: rooms }));
    }
    return Promise.all([withTimeout(VIEW_TIMEOUT, `${by}: the view`, composed), omitted]).then(([shown, rooms]) => ({
      publications: this.pipeline.read(shown),
      omitted: rooms,
    }));
  }

  /** @see UncertainPublications.foresee */
  private foresee(ready: Ready | Promise<Ready>, { outermost }: Hold): () => void {
    const { uncertain } = this.pipeline;
    const see = ({ publications }: Ready): (() => void) | undefined => uncertain.foresee(publications, outermost);
    if (!(ready instanceof Promise)) return see(ready) ?? (() => undefined);
    const undo = ready.then(see).catch(() => undefined);
    const all = Promise.all([this.foreseeing.get(outermost), undo]);
    this.foreseeing.set(outermost, all);
    void all.then(() => this.foreseeing.get(outermost) === all && this.foreseeing.delete(outermost));
    return () => void undo.then((one) => one?.());
  }

  /** Writes by the connection at once, and sends what was written once the transaction has committed. */
  private writeHeld(
    by: string,
    ready: Ready | Promise<Ready>,
    hold: Hold,
    connection: OutboxConnection,
  ): Promise<void> {
    const { uncertain } = this.pipeline;
    const before = this.foreseeing.get(hold.outermost);
    const written = (async () => {
      // Not a turn later where nothing has to be awaited: the next statement on the connection may be the commit.
      if (before) await before;
      const { publications, omitted } = ready instanceof Promise ? await ready : ready;
      try {
        return { placed: await uncertain.write(publications, omitted, connection, hold.outermost), omitted };
      } catch (error) {
        throw isOutboxGone(error) ? new OutboxError(by, NOT_THERE, error) : error;
      }
    })();
    const send = (): void | Promise<void> =>
      // Whatever a key leads to by now, the row is told: by this server, or by another.
      this.sendHeld(written, [], ({ placed, omitted }) => {
        return placed && uncertain.sendWritten(placed, omitted, hold.outermost);
      });
    const forget = ({ placed }: Awaited<typeof written>): void => {
      if (placed) uncertain.forgetWritten(placed, hold.outermost);
    };
    hold.add(by, send, () => void written.then(forget, () => undefined));
    return written.then(() => undefined);
  }

  private sendHeld<R>(
    ready: R | Promise<R>,
    keys: readonly RememberedKey[],
    sendOne: (one: R) => void | Promise<void>,
  ): void | Promise<void> {
    const send = (one: R | undefined): void | Promise<void> => {
      try {
        for (const key of keys) this.assertNotMoved(key);
        if (one) return sendOne(one);
      } catch (error) {
        this.pipeline.counters.failed++;
        throw error;
      }
    };
    // The call itself has rejected already with what prevents it from being sent.
    return this.order.run<R | undefined>(ready instanceof Promise ? ready.catch(() => undefined) : ready, send);
  }

  /** Remembers where the records are, once the transaction has committed, and tells nobody of the change. */
  private follow(by: string, changes: readonly Change[], { hold }: PublishingScope): void | Promise<void> {
    const publications = this.pipeline.readUnseen(this.pipeline.composeUnseen(changes));
    // What an earlier call waits to send would otherwise be remembered as what came later.
    const follow = (): void | Promise<void> => this.order.run(publications, (read) => this.pipeline.follow(read));
    if (!hold) return follow();
    const undo = this.pipeline.uncertain.foresee(publications, hold.outermost);
    const followHeld = (): void | Promise<void> => {
      undo?.();
      return follow();
    };
    hold.add(by, followHeld, undo);
  }

  /** Returns the keys among what records were named by that nothing but memory has led to them. */
  private rememberedKeys(named: unknown, changes: readonly Change[]): RememberedKey[] {
    const ids = changes.flatMap((change) => ('ids' in change ? change.ids : [change.id]));
    return asArray(named)
      .map((one) => this.resource.keys.remembered(one))
      .filter((key) => key !== undefined)
      .filter(({ id }) => ids.some((other) => this.resource.ids.isSame(id, other)));
  }

  /** Checks that a transaction has not given a key to another record than the one that it led to before. */
  private assertNotMoved(key: RememberedKey): void {
    if (!this.resource.keys.hasMoved(key)) return;
    const problem = 'once the transaction had committed, it was that of another record';
    throw new UnknownRecordKeyError(this.resource.name, key.key, problem);
  }

  private assertOutbox(
    by: string,
    connection: OutboxConnection,
    { hold, isSilent }: PublishingScope,
  ): OutboxConnection {
    if (!this.pipeline.uncertain.canWrite) throw new OutboxError(by, NO_OUTBOX);
    if (!hold && !isSilent) throw new OutboxError(by, NO_TRANSACTION);
    return connection;
  }
}

function isOutboxGone(error: unknown): boolean {
  return GONE.has((error as { code?: unknown } | null)?.code);
}

function asArray(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value];
}
