import { InvalidOptionsError } from '../../common/common.errors.js';
import { assertOptions, functionThat, MILLISECONDS, type OptionRule } from '../../common/option-rules.js';
import { RoomTemplate } from '../room-template.js';
import { InvalidRoomTemplateError } from '../rooms.errors.js';

/**
 * Rooms by their name (`'lobby'`), by a template (`'board:{boardId}'`, where a value takes the place of the braces,
 * encoded as by `encodeURIComponent`), by a regular expression or by a function.
 */
export type RoomSelector = string | RegExp | ((room: string) => boolean);

/** Returns what the members of a room are shown of a user. */
export type ShowUser = {
  /** Written as a method, so that a function that knows the type of its identities is accepted. */
  show(user: unknown): unknown;
}['show'];

/**
 * Says which rooms are tracked, so that it is known who is in them, and what others are shown of them.
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
   * The rooms to track, in every namespace. Those of `@JoinRoom(…, { presence: true })` are added. The library's own
   * rooms, and the room that each socket has to itself, are never tracked. A function must always return the same for a
   * name.
   *
   * @default [] none
   */
  rooms?: RoomSelector | readonly RoomSelector[];
  /**
   * Returns what members of the room, and `presence()`, are shown of a user besides the id: anything that JSON can
   * carry. Called with the identity (`socket.data.user`) when the user's first socket on a server comes into a room. If
   * it fails, the id alone is shown.
   *
   * @default undefined the id alone
   */
  show?: ShowUser;
  /**
   * How many milliseconds a server of the cluster may be silent before it counts as gone; users who were connected to
   * it alone have then left. A server that shuts down says so, and is not waited for. Each server announces itself five
   * times in that period.
   *
   * @default 15000
   */
  forgetAfter?: number;
}

export const DEFAULT_FORGET_AFTER = 15_000;

const ROOMS_EXPECTED =
  'the name of a room, a template of names such as "board:{boardId}", a regular expression, ' +
  'a function (room) => boolean, or an array of these';

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
