import { SocketsError } from '../common/common.errors.js';
import { describeValue } from '../common/describe-value.js';
import { printable } from '../common/log.js';

/** It is not clear what is to be revoked, or from whom. */
export class InvalidRevocationError extends SocketsError {
  readonly code = 'INVALID_REVOCATION';

  constructor(what: string, expected: string) {
    super(
      `revoke: ${what} ${expected}. Say revoke({ user, room }), revoke({ user, resource, ids?, slice? }), ` +
        'or revoke({ user }) for everything.',
    );
  }
}

/** A template cannot make safe names of rooms. */
export class InvalidRoomTemplateError extends SocketsError {
  readonly code = 'INVALID_ROOM_TEMPLATE';

  constructor(template: string, problem: string) {
    super(`${template} is not a template of room names: ${problem} Write it as in 'board:{boardId}'.`);
  }
}

/** A value cannot be part of a room's name. */
export class InvalidRoomValueError extends SocketsError {
  readonly code = 'INVALID_ROOM_VALUE';

  constructor(
    template: string,
    /** The placeholder. */
    readonly field: string,
    value: unknown,
  ) {
    super(
      `{${field}} of "${template}" is ${shown(value)}. ` +
        'Give a string that is not empty and well-formed, a finite number, or true or false.',
    );
  }
}

function shown(value: unknown): string {
  return typeof value === 'string' && value !== '' ? 'no well-formed string' : describeValue(value);
}

/** A value given as a room's name is not one. */
export class InvalidRoomError extends SocketsError {
  readonly code = 'INVALID_ROOM';

  constructor(value: unknown, method: string) {
    super(
      `${method}: ${describeValue(value)} is not a room. ` +
        'A room is named by a non-empty string; several by an array of them.',
    );
  }
}

/** Code would put sockets into a room that says who they are, or what they may read. */
export class ReservedRoomError extends SocketsError {
  readonly code = 'RESERVED_ROOM';

  constructor(method: string, room: string, isOfSocket: boolean) {
    const what = isOfSocket
      ? 'is the id of another socket, and its room receives what is meant for that socket alone'
      : 'is a room of the library, which says whose a socket is and which records it may read';
    super(
      `${method}: "${printable(room, 100)}" ${what}. If the name comes from a client, put a text of yours before it, ` +
        'as in `chat:${room}`. For records use ResourceChannel.subscribe() or watch(). If you do mean that room, say ' +
        `so: ${method}(…, { trusted: true }).`,
    );
  }
}

/** A value that was given as a target names no socket. */
export class InvalidTargetError extends SocketsError {
  readonly code = 'INVALID_TARGET';

  constructor(value: unknown, method: string) {
    super(
      `${method}: ${describeValue(value)} is not a target. ` +
        `Give a socket, a socket's id, the name of a room, the request, or an array of these.`,
    );
  }
}

/** A socket is connected to a namespace other than the one that this method is for. */
export class ForeignNamespaceError extends SocketsError {
  readonly code = 'FOREIGN_NAMESPACE';

  constructor(method: string, namespaces: readonly string[], connectedTo: string) {
    super(
      `${method}: the socket is connected to the namespace "${connectedTo}", and this call speaks to ` +
        `${namespaces.map((name) => `"${name}"`).join(', ')}. Use SocketsService.of('${connectedTo}') for rooms, ` +
        `or @SubscribesTo(…) on that namespace's gateway for resources.`,
    );
  }
}

/** A room's presence is asked for, and the room is not declared to be tracked. */
export class RoomNotTrackedError extends SocketsError {
  readonly code = 'ROOM_NOT_TRACKED';

  constructor(room: string) {
    super(
      `presence: the room ${JSON.stringify(room.slice(0, 100))} is not tracked. Declare it, by its name ` +
        "or as one of many: SocketsModule.forRoot({ presence: { rooms: ['lobby', 'board:{boardId}'] } }), " +
        "or @JoinRoom('board:{boardId}', { presence: true }) on the route that joins it.",
    );
  }
}

/** There is no such socket, or not exactly one. */
export class SocketNotFoundError extends SocketsError {
  readonly code = 'SOCKET_NOT_FOUND';
}

/** The client's answer was too deep, too large or too much, so it was not read. */
export class SocketAnswerRefusedError extends SocketsError {
  readonly code = 'SOCKET_ANSWER_REFUSED';

  /** @param why what a client would have been told about an event of its own */
  constructor(event: string, why: string) {
    super(
      `request: the answer to "${event}" was refused: ${why} If the client means well, raise the option that limits ` +
        'it: "maxNesting", or one of "limits", of SocketsModule.',
    );
  }
}

/** The client did not answer in time. */
export class SocketRequestTimeoutError extends SocketsError {
  readonly code = 'SOCKET_REQUEST_TIMEOUT';

  constructor(event: string, timeout: number, options?: ErrorOptions) {
    super(
      `request: no answer to "${event}" within ${timeout} ms. Does the client call the acknowledgement? ` +
        `Raise the option "timeout" of the call or "requestTimeout" of SocketsModule if it needs longer.`,
      options,
    );
  }
}

/** A relay cannot work in the way it is declared. */
export class InvalidRelayError extends SocketsError {
  readonly code = 'INVALID_RELAY';

  constructor(relay: string, problem: string) {
    super(`${relay}: ${problem}`);
  }
}
