import type { Namespace } from 'socket.io';
import { FailureLog, LineLogger } from '../../../common/log.js';
import { isThenable } from '../../../common/promises.js';
import { RESERVED_EVENTS } from '../server-events.js';
import { reportUnreadable } from './bus-failures.js';
import { whatIsWrongWith } from './cluster-message.js';
import { whatIsWrongWithPacket } from './event-packet.js';

type Method = (...args: unknown[]) => unknown;
type Methods = Record<string, unknown>;
type Drop = (what: string) => void;

/** What the packages of adapters call with what came over the bus. */
const READING = ['onRawMessage', 'onmessage', 'onrequest', 'onresponse', 'onMessage', 'onResponse'];

const failures = new FailureLog(new LineLogger('SocketsModule'));

/** Reads what comes over the bus behind a wall: whatever cannot be read, or must not be done, is dropped. */
export function guardIncoming(adapter: Namespace['adapter'], namespace: Namespace): void {
  const methods = adapter as unknown as Methods;
  const drop: Drop = (what) => reportUnreadable(namespace, what);
  const wall = new Wall(drop);
  readClusterMessages(methods, drop);
  for (const name of READING) {
    const read = methods[name];
    if (typeof read === 'function') methods[name] = wall.around(read.bind(adapter) as Method);
  }
  countUndecoded(methods, drop);
  replaceListeners(methods, wall);
  checkPackets(methods, wall);
  checkRooms(methods, wall);
  checkServerEvents(namespace, drop);
}

/** Keeps in what is thrown while a message is read. */
class Wall {
  /** Whether a message is being read. */
  isReading = false;

  constructor(private readonly drop: Drop) {}

  around(read: Method): Method {
    return (...args) => {
      const before = this.isReading;
      this.isReading = true;
      try {
        const outcome = read(...args);
        return isThenable(outcome) ? outcome.then(undefined, (error: unknown) => this.keep(error)) : outcome;
      } catch (error) {
        this.keep(error);
        return undefined;
      } finally {
        this.isReading = before;
      }
    };
  }

  private keep(error: unknown): void {
    this.drop(error instanceof Unwanted ? error.message : 'the adapter could not read it');
  }
}

const UNDECODED = 'the adapter could not decode it';

/** Says why a message is dropped. */
class Unwanted extends Error {}

/** Looks at the messages of a `ClusterAdapter` first, which believes each, and counts whoever sent it as a server. */
function readClusterMessages(methods: Methods, drop: Drop): void {
  if (typeof methods.doPublish !== 'function') return;
  for (const name of ['onMessage', 'onResponse']) {
    const read = methods[name];
    if (typeof read !== 'function') continue;
    methods[name] = (message: unknown, ...more: unknown[]): unknown => {
      const wrong = whatIsWrongWith(message);
      if (wrong === undefined) return (read as Method).call(methods, message, ...more);
      drop(wrong);
      return undefined;
    };
  }
}

/** Counts what adapters cannot decode, and leave alone without a word. */
function countUndecoded(methods: Methods, drop: Drop): void {
  const { onRawMessage, onMessage, onResponse, parser } = methods;
  if (typeof onRawMessage === 'function' && typeof onMessage === 'function' && typeof onResponse === 'function') {
    let isDecoded = false;
    const noting =
      (read: Method): Method =>
      (...args) => {
        isDecoded = true;
        return read(...args);
      };
    methods.onMessage = noting(onMessage as Method);
    methods.onResponse = noting(onResponse as Method);
    methods.onRawMessage = (...args: unknown[]): void => {
      isDecoded = false;
      (onRawMessage as Method)(...args);
      if (!isDecoded) drop(UNDECODED);
    };
  }
  const { decode } = (parser ?? {}) as { decode?: unknown };
  if (typeof decode !== 'function') return;
  const decodeOrCount = (...args: unknown[]): unknown => {
    try {
      return (decode as Method).apply(parser, args);
    } catch {
      throw new Unwanted(UNDECODED);
    }
  };
  methods.parser = Object.create(parser as object, { decode: { value: decodeOrCount } });
}

/** Replaces listeners that the adapter of Redis has given to an ioredis client already. */
function replaceListeners({ redisListeners, subClient }: Methods, wall: Wall): void {
  if (!(redisListeners instanceof Map) || !isRecordOfMethods(subClient)) return;
  const { on, off, listeners } = subClient;
  for (const [event, listener] of redisListeners as Map<string, Method>) {
    if (!(listeners.call(subClient, event) as unknown[]).includes(listener)) continue;
    const walled = wall.around(listener);
    off.call(subClient, event, listener);
    on.call(subClient, event, walled);
    redisListeners.set(event, walled);
  }
}

function isRecordOfMethods(client: unknown): client is Record<'on' | 'off' | 'listeners', Method> {
  const methods = client as Methods | undefined;
  return ['on', 'off', 'listeners'].every((name) => typeof methods?.[name] === 'function');
}

/** Checks what clients would be sent: a packet that is no event would end their connections. */
function checkPackets(methods: Methods, wall: Wall): void {
  const { encoder } = methods;
  if (typeof (encoder as { encode?: unknown } | undefined)?.encode !== 'function') return;
  const { encode } = encoder as { encode: Method };
  methods.encoder = {
    encode: (packet: unknown) => {
      const wrong = wall.isReading ? whatIsWrongWithPacket(packet) : undefined;
      if (wrong !== undefined) throw new Unwanted(wrong);
      return encode.call(encoder, packet);
    },
  };
}

/** Checks the names of rooms that sockets are to join. */
function checkRooms(methods: Methods, wall: Wall): void {
  const { addAll } = methods;
  if (typeof addAll !== 'function') return;
  methods.addAll = function (this: unknown, socket: unknown, rooms: Iterable<unknown>): unknown {
    if (wall.isReading) {
      for (const room of rooms) if (typeof room !== 'string') throw new Unwanted('a room in it has no name');
    }
    return (addAll as Method).call(methods, socket, rooms);
  };
}

/** Checks events of other servers: those of the namespace itself are not theirs to emit. */
function checkServerEvents(namespace: Namespace, drop: Drop): void {
  const internals = namespace as unknown as { _onServerSideEmit?: (args: unknown) => unknown };
  const emit = internals._onServerSideEmit;
  if (typeof emit !== 'function') return;
  internals._onServerSideEmit = (args) => {
    const [event] = Array.isArray(args) ? (args as unknown[]) : [];
    if (typeof event !== 'string' || event === '') {
      drop('it is an event of another server without a name');
      return;
    }
    if (RESERVED_EVENTS.has(event)) {
      drop(`it is an event of another server with the reserved name "${event}"`);
      return;
    }
    try {
      emit.call(namespace, args);
    } catch (error) {
      failures.report(`A listener of the server event "${event}" failed.`, error);
    }
  };
}
