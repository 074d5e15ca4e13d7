import { InvalidOptionsError } from '../../common/common.errors.js';
import { InvalidRoomTemplateError } from '../rooms.errors.js';
import { assertOptions, functionThat, MILLISECONDS, type OptionRule } from '../../common/option-rules.js';
import { RoomTemplate } from '../room-template.js';

/**
 * Rooms by their name (`'lobby'`), by a template (`'board:{boardId}'`, where a value stands in place of the braces,
 * encoded as by `encodeURIComponent`), by a regular expression or by a function.
 */
export type RoomSelector = string | RegExp | ((room: string) => boolean);

/** What of a user the members of a room are shown. */
export type ShowUser = {
  /** Written as a method, so that a function is taken which knows the type of its identities. */
  show(user: unknown): unknown;
}['show'];

/**
 * Of which rooms it is kept who is in them, and what is told of them.
 *
 * @example
 * ```ts
 * import { SocketsModule } from 'nestjs-sockets';
 *
 * export const sockets = SocketsModule.forRoot({
 *   presence: { rooms: ['lobby', 'board:{boardId}'], show: ({ name }: { name: string }) => ({ name }) },
 * });
 * ```
 */
export interface PresenceOptions {
  /**
   * The rooms, in every namespace. Those of `@JoinRoom(…, { presence: true })` are added. The library's own, and the
   * room that each socket has to itself, are never among them. A function must always say the same of a name.
   *
   * @default [] none
   */
  rooms?: RoomSelector | readonly RoomSelector[];
  /**
   * What everybody in the room, and `presence()`, is shown of a user, beside the id: called with the identity
   * (`socket.data.user`) when the first socket of the user on a server comes into a room. Anything that JSON can carry;
   * a user of whom it fails is shown by the id alone.
   *
   * @default undefined the id alone
   */
  show?: ShowUser;
  /**
   * When a server of the cluster is no more, in milliseconds of silence: then the users who were connected to it alone
   * have left. A server that shuts down says so, and is not waited for. Each says five times in this time that it is
   * there.
   *
   * @default 15000
   */
  forgetAfter?: number;
}

export const DEFAULT_FORGET_AFTER = 15_000;

const ROOMS_EXPECTED =
  'the name of a room, a template of names such as "board:{boardId}", a regular expression, a function (room) => boolean, or an array of these';

const PRESENCE_RULES: Record<keyof PresenceOptions, OptionRule> = {
  rooms: [ROOMS_EXPECTED, isRooms],
  show: functionThat('takes the identity and gives what others are shown of it: (user) => ({ name: user.name })'),
  forgetAfter: MILLISECONDS,
};

/** @throws InvalidOptionsError that names the option and what it may be */
export function assertPresenceOptions(presence: PresenceOptions): void {
  assertOptions(presence, PRESENCE_RULES, 'presence.');
  for (const rooms of [presence.rooms ?? []].flat()) if (typeof rooms === 'string') assertTemplate(rooms);
}

function assertTemplate(source: string): void {
  try {
    void new RoomTemplate(source);
  } catch (error) {
    if (!(error instanceof InvalidRoomTemplateError)) throw error;
    throw new InvalidOptionsError('presence.rooms', `${ROOMS_EXPECTED}. ${error.message}`);
  }
}

function isRooms(value: unknown): boolean {
  return [value].flat().every((one) => typeof one === 'string' || typeof one === 'function' || one instanceof RegExp);
}
