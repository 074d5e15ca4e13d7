/** Socket.IO throws on these, or worse, takes them for its own. */
const SOCKET_IO_EVENTS: ReadonlySet<string> = new Set([
  'connect',
  'connect_error',
  'disconnect',
  'disconnecting',
  'newListener',
  'removeListener',
]);

/** Events by which the library and its clients talk; all else that begins so is kept for more of them. */
const OWN_EVENTS = /^(?:sockets:|sails:|nestjs-sockets:)|^(?:presence|revoked|reauthenticate)$/;
/** Events by which clients send requests, however they are spelt. */
const METHODS = /^(?:get|post|put|patch|delete|head|options|trace|connect)$/i;

/** What an event is for, if it is not the application's to use: Socket.IO's, the library's, and those of requests. */
export function purposeOfEvent(event: string): string | undefined {
  if (isSocketIoEvent(event)) return 'it is an event of Socket.IO’s own';
  if (METHODS.test(event)) return 'clients send requests by that event';
  return isOwnEvent(event) ? 'it is an event of this library’s own' : undefined;
}

/** Whether Socket.IO itself emits the event, so that nobody else may. */
export function isSocketIoEvent(event: string): boolean {
  return SOCKET_IO_EVENTS.has(event);
}

/** Whether the library tells clients something by it. */
export function isOwnEvent(event: string): boolean {
  return OWN_EVENTS.test(event);
}
