import type { Namespace } from 'socket.io';
import { isThenable, withTimeout } from '../../../common/promises.js';
import { reportUnsent } from './bus-failures.js';
import { promisesMadeBy } from './promises-made.js';

type Method = (...args: unknown[]) => unknown;
type Methods = Record<string, unknown>;
type Failed = (what: string, error: unknown) => void;

/** What subclasses of Socket.IO's adapters send by in the end, of whose outcome nobody hears, and what calls that. */
const SENDING = ['doPublish', 'doPublishResponse'];
const PREPARING = ['publish', 'publishResponse'];

/** What only sends: the caller of others waits for what they bring. */
const MOVING = ['broadcast', 'addSockets', 'delSockets', 'disconnectSockets', 'persistSession'];

/** How much may be on its way at most, so that an outage does not fill the memory. */
const MAX_MESSAGES = 10_000;
const MAX_BYTES = 16 * 1024 * 1024;

/** How long the bus may take to count the servers, in milliseconds. */
const COUNT_TIMEOUT = 2_500;

/**
 * Handles and counts what an adapter fails to send, and drops what is too much for a bus that takes nothing.
 */
export function guardOutgoing(adapter: Namespace['adapter'], namespace: Namespace): void {
  const methods = adapter as unknown as Methods;
  const failed: Failed = (what, error) => reportUnsent(namespace, what, error);
  const lane = new Lane(failed);
  const isPrepared = typeof methods.doPublish === 'function';
  for (const name of isPrepared ? SENDING : PREPARING) {
    wrap(methods, name, (send) => lane.through(name, send, hidesItsClient(methods)));
  }
  if (isPrepared) for (const name of PREPARING) wrap(methods, name, (prepare) => handled(name, prepare, failed));
  for (const name of MOVING) wrap(methods, name, (move) => handled(name, move, failed));
  wrap(methods, 'serverSideEmit', (emit) => answered(emit, failed));
  wrap(methods, 'serverCount', (count) => counted(count, failed));
  wrap(methods, 'fetchSockets', (fetch) => watched(fetch));
  wrap(methods, 'allRooms', (fetch) => watched(fetch));
  guardPublishingClient(methods, lane);
  listenToErrorsOfPool(methods);
}

function wrap(methods: Methods, name: string, around: (method: Method) => Method): void {
  const method = methods[name];
  if (typeof method === 'function') methods[name] = around(method.bind(methods) as Method);
}

/** Limits what is on its way, for one adapter. */
class Lane {
  private messages = 0;
  private bytes = 0;

  constructor(private readonly failed: Failed) {}

  /**
   * Gives a method that sends, and that neither throws nor rejects.
   *
   * @param isWatched whether promises that the method makes and forgets are handled, too
   */
  through(what: string, send: Method, isWatched = false): Method {
    return (...args) => {
      const size = sizeOf(args);
      if (this.messages >= MAX_MESSAGES || this.bytes + size > MAX_BYTES) {
        this.failed(what, new Error('Too much is on its way already, and was not taken by the bus.'));
        return Promise.resolve('');
      }
      try {
        const [outcome, forgotten] = isWatched ? promisesMadeBy(() => send(...args)) : [send(...args), []];
        const made = isThenable(outcome) ? [outcome, ...forgotten] : forgotten;
        if (made.length === 0) return outcome;
        const sent = this.watch(what, size, made);
        return isThenable(outcome) ? sent.then(() => outcome).catch(() => '') : outcome;
      } catch (error) {
        this.failed(what, error);
        return Promise.resolve('');
      }
    };
  }

  private async watch(what: string, size: number, made: Array<PromiseLike<unknown>>): Promise<void> {
    this.messages++;
    this.bytes += size;
    const outcomes = await Promise.allSettled(made);
    this.messages--;
    this.bytes -= size;
    const rejected = outcomes.find(({ status }) => status === 'rejected');
    if (rejected) this.failed(what, (rejected as PromiseRejectedResult).reason);
  }
}

/** How deep a message is measured. What is deeper weighs little, or is refused before. */
const MEASURED_DEPTH = 40;

/** Measures the texts and bytes of a message, which are almost all of it. */
function sizeOf(value: unknown, depth = 0): number {
  if (typeof value === 'string' || Buffer.isBuffer(value)) return value.length;
  if (typeof value !== 'object' || value === null || depth === MEASURED_DEPTH) return 1;
  if (ArrayBuffer.isView(value)) return value.byteLength;
  let size = 1;
  for (const [key, field] of Object.entries(value)) size += key.length + sizeOf(field, depth + 1);
  return size;
}

function handled(what: string, method: Method, failed: Failed): Method {
  return (...args) => {
    try {
      const outcome = method(...args);
      return isThenable(outcome) ? outcome.then(undefined, (error: unknown) => failed(what, error)) : outcome;
    } catch (error) {
      failed(what, error);
      return undefined;
    }
  };
}

/** Gives an emit whose acknowledgement is called even if it cannot be sent. */
function answered(emit: Method, failed: Failed): Method {
  return (packet) => {
    const last: unknown = (packet as unknown[]).at(-1);
    const fail = (error: unknown): void => {
      failed('serverSideEmit', error);
      if (typeof last === 'function') (last as Method)(error, []);
    };
    try {
      const outcome = emit(packet);
      return isThenable(outcome) ? outcome.then(undefined, fail) : outcome;
    } catch (error) {
      fail(error);
      return undefined;
    }
  };
}

/**
 * Gives a count that is never rejected. Where the bus cannot tell it, more servers may be there than ever answer:
 * whoever asks them something hears that the time is up, and not that there is nobody.
 */
function counted(count: Method, failed: Failed): Method {
  return async () => {
    try {
      return await withTimeout(COUNT_TIMEOUT, 'Counting the servers', Promise.resolve(count()));
    } catch (error) {
      failed('serverCount', error);
      return Infinity;
    }
  };
}

/** Gives what its caller waits for: a forgotten `await` must not end the process. */
function watched(fetch: Method): Method {
  return (...args) => {
    const outcome = fetch(...args);
    if (isThenable(outcome)) outcome.then(undefined, () => undefined);
    return outcome;
  };
}

/** Guards the client of an adapter that publishes by itself and forgets the promise, as that of Redis does. */
function guardPublishingClient(methods: Methods, lane: Lane): void {
  const client = methods.pubClient as Methods | undefined;
  if (typeof client?.publish !== 'function' || typeof methods.doPublish === 'function') return;
  const publish = lane.through('publish', (...args) => (client.publish as Method)(...args));
  methods.pubClient = new Proxy(client, {
    get(target, name) {
      if (name === 'publish') return publish;
      const value: unknown = Reflect.get(target, name, target);
      // A client may have private fields, which it has only as itself.
      return typeof value === 'function' && name !== 'constructor' ? (value.bind(target) as unknown) : value;
    },
  });
}

/** Whether promises of its client that it forgets can be had in no other way, as with the adapter of streams. */
function hidesItsClient(methods: Methods): boolean {
  return typeof methods.doPublish === 'function' && !('pubClient' in methods) && !('client' in methods);
}

interface Emitting {
  on(event: string, listener: (subject: unknown) => void): unknown;
}

const pools = new WeakSet<object>();

/** Listens to errors of a Postgres pool and its clients: without a listener, a restart of Postgres ends the process. */
function listenToErrorsOfPool({ client }: Methods): void {
  const { pool, client: listening } = (client ?? {}) as { pool?: unknown; client?: unknown };
  if (!isEmitting(pool) || pools.has(pool)) return;
  pools.add(pool);
  const ignore = (): void => undefined;
  const listen = (each: unknown): void => void (isEmitting(each) && each.on('error', ignore));
  pool.on('error', ignore);
  pool.on('connect', listen);
  listen(listening);
}

function isEmitting(value: unknown): value is Emitting & object {
  return typeof value === 'object' && value !== null && 'on' in value && typeof value.on === 'function';
}
