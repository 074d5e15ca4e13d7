import type { EventEmitter } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'socket.io';

type Listeners = Record<PropertyKey, unknown>;

/** Members that are nobody's but their owners'. Each is looked for, and left alone where it is not what is expected. */
interface Emitter extends EventEmitter {
  _events?: Listeners;
}

interface Transport extends Emitter {
  readonly socket?: WebSocket;
}

/** A connection of the package `ws`. */
interface WebSocket extends Emitter {
  readonly _socket?: Emitter | null;
  readonly _receiver?: { _state?: unknown; _bufferedBytes?: unknown; _mask?: unknown };
}

interface Connection extends Emitter {
  readonly request?: IncomingMessage;
  readonly transport: Transport;
  cleanupFn?: unknown;
}

interface Client {
  readonly decoder?: { readonly decoder?: { readonly _callbacks?: Listeners } };
}

/** The listener by which Engine.IO waits for a websocket to become a transport, which has one of its own. */
const OF_UPGRADE = 'onUpgradeError';

/** Node complains of so many listeners, and marks the list where it has done so. */
const MANY = 10;

/** The headers whose values many clients have in common. Others may be secrets, or of one client only. */
const COMMON = new Set(
  (
    'accept accept-encoding accept-language cache-control connection host origin pragma sec-fetch-dest ' +
    'sec-fetch-mode sec-fetch-site sec-websocket-extensions sec-websocket-version upgrade user-agent'
  ).split(' '),
);

/** The url of a handshake that says no more than what everybody's does. */
const NAMES_NOBODY = /^[^?]*\?EIO=\d&transport=[a-z]+$/;

/** How many texts are shared, and how long they are at most. */
const MOST_TEXTS = 2_000;
const LONGEST_TEXT = 400;

/**
 * Has a connection keep no more memory than what it is: nobody sees a difference but in the size of the heap. A client
 * is idle most of the time, and a server has many.
 *
 * Node keeps listeners in hash tables, and lists have room for what is added next: both are made once more, as large as
 * they have to be. What is added later is added to these as to any other.
 */
export function trimConnection(opened: Socket['conn'], sockets: readonly Socket[]): void {
  const connection = opened as unknown as Connection;
  if (opened.readyState !== 'open') return;
  const { request, transport } = connection;
  if (request) shareTexts(request, sockets);
  trimListeners(connection, listenersOfConnection);
  connection.cleanupFn = exact(connection.cleanupFn);
  for (const socket of sockets) trimSocket(socket);
  trimTransport(transport);
}

function trimSocket(socket: Socket): void {
  trimListeners(socket, listenersOfSocket);
  const internals = socket as unknown as { _anyListeners?: unknown; client: Client };
  internals._anyListeners = exact(internals._anyListeners);
  // Of component-emitter, which keeps a list for each event.
  const callbacks = internals.client.decoder?.decoder?._callbacks;
  for (const name in callbacks) callbacks[name] = exact(callbacks[name]);
}

function trimTransport(transport: Transport): void {
  trimListeners(transport, listenersOfTransport);
  const { socket: websocket } = transport;
  if (!websocket?._socket) return;
  const ofErrors = websocket.listeners('error');
  const ofUpgrade = ofErrors.find(({ name }) => name === OF_UPGRADE);
  if (ofUpgrade && ofErrors.length > 1) websocket.off('error', ofUpgrade as () => void);
  trimListeners(websocket, listenersOfWebSocket);
  trimListeners(websocket._socket);
  const { _receiver: receiver } = websocket;
  // Between two messages, the mask of the last one keeps what was read from the network with it.
  if (receiver?._state === 0 && receiver._bufferedBytes === 0 && receiver._mask) receiver._mask = undefined;
}

/** Makes objects that inherit nothing, like those in which Node keeps listeners, but share the names that they have. */
function makeListeners(): new () => Listeners {
  const Made = function () {} as unknown as new () => Listeners;
  Made.prototype = Object.create(null) as Listeners;
  return Made;
}

/** One for each kind of emitter, since each has names of its own. */
const listenersOfConnection = makeListeners();
const listenersOfSocket = makeListeners();
const listenersOfTransport = makeListeners();
const listenersOfWebSocket = makeListeners();

/** @param Made makes the object that takes the place of a table */
function trimListeners(emitter: Emitter, Made?: new () => Listeners): void {
  const { _events: events } = emitter;
  if (typeof events !== 'object') return;
  const isTable = Made !== undefined && Object.getPrototypeOf(events) === null;
  const trimmed = isTable ? new Made() : events;
  for (const name of Reflect.ownKeys(events)) trimmed[name] = exact(events[name]);
  emitter._events = trimmed;
}

/** Returns a list that has no room for more; anything else as it is. */
function exact(value: unknown): unknown {
  return Array.isArray(value) && value.length < MANY ? value.slice() : value;
}

/** Texts that are common, by themselves. */
const texts = new Map<string, string>();

/** Has the handshakes of all clients share the names of their headers, and what is the same for many. */
function shareTexts(request: IncomingMessage, sockets: readonly Socket[]): void {
  const { headers, rawHeaders, url = '' } = request;
  request.httpVersion = shared(request.httpVersion);
  if (NAMES_NOBODY.test(url)) {
    request.url = shared(url);
    for (const { handshake } of sockets) if (handshake.url === url) handshake.url = request.url;
  }
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = rawHeaders[at].toLowerCase();
    rawHeaders[at] = shared(rawHeaders[at]);
    if (!COMMON.has(name)) continue;
    const text = shared(rawHeaders[at + 1]);
    rawHeaders[at + 1] = text;
    if (headers[name] === text) headers[name] = text;
  }
}

function shared(text: string): string {
  const known = texts.get(text);
  if (known !== undefined) return known;
  if (texts.size < MOST_TEXTS && text.length <= LONGEST_TEXT) texts.set(text, text);
  return text;
}
