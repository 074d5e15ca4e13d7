/** Events of Socket.IO itself, which throws when they are emitted, or takes them for its own. */
const SOCKET_IO_EVENTS: ReadonlySet<string> = new Set([
  'connect',
  'connect_error',
  'disconnect',
  'disconnecting',
  'newListener',
  'removeListener',
]);

/** Events that stand for errors, in Nest and in Socket.IO. */
const ERROR_EVENTS: ReadonlySet<string> = new Set(['exception', 'error']);

/** Events between the library and its clients; the prefixes are reserved for later ones. */
const OWN_EVENTS = /^(?:sockets:|sails:|nestjs-sockets:)|^(?:presence|revoked|reauthenticate)$/;
/** Events with which clients send requests, in any spelling. */
const METHODS = /^(?:get|post|put|patch|delete|head|options|trace|connect)$/i;

/** Says what an event is reserved for, in words that complete an error; `undefined` if the application may use it. */
export function purposeOfEvent(event: string): string | undefined {
  if (isSocketIoEvent(event)) return 'it is an event of Socket.IO itself';
  if (METHODS.test(event)) return 'clients send requests by that event';
  return isOwnEvent(event) ? 'it is an event of this library' : undefined;
}

/** Says why the result of a handler cannot be emitted as this event; `undefined` if it can. */
export function purposeOfEmittedEvent(event: string): string | undefined {
  if (isSocketIoEvent(event)) return 'it is an event of Socket.IO itself';
  if (ERROR_EVENTS.has(event)) return 'it tells clients of errors; throw a WsException instead';
  return isOwnEvent(event) ? 'it is an event of this library' : undefined;
}

/** Tells whether the event is one of Socket.IO itself. */
export function isSocketIoEvent(event: string): boolean {
  return SOCKET_IO_EVENTS.has(event);
}

/** Tells whether the event is one of the library. */
export function isOwnEvent(event: string): boolean {
  return OWN_EVENTS.test(event);
}
