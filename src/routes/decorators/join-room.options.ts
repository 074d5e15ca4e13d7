import { BOOLEAN, type OptionRule } from '../../common/option-rules.js';
import { isRecord } from '../../common/type-guards.js';
import type { RoomValue } from '../../rooms/room-template.js';
import type { PublishContext } from '../publish-context.js';
import type { Awaitable } from './publish.options.js';

/** Where a value in a room's name comes from: a path or query parameter by name, or a function. */
export type RoomValueSource = string | ((context: PublishContext) => Awaitable<RoomValue | null | undefined>);

/** Options of `@LeaveRoom`. */
export interface LeaveRoomOptions {
  /**
   * The sources of values for placeholders that are not named like a path or query parameter. Functions run once the
   * handler has succeeded, and the response waits for them, at most five seconds. `undefined` means no room.
   */
  values?: Readonly<Record<string, RoomValueSource>>;
}

/** Options of `@JoinRoom`. */
export interface JoinRoomOptions extends LeaveRoomOptions {
  /**
   * Tracks who is in these rooms, for `SocketsService.presence(room)` and the event `presence` of their members.
   *
   * @default false
   */
  presence?: boolean;
}

const LEAVE_RULES: Record<keyof LeaveRoomOptions, OptionRule> = {
  values: [
    'an object that says for placeholders where their values come from: a parameter by name, or a function',
    (value) => isRecord(value) && Object.values(value).every(isSource),
  ],
};

const JOIN_RULES: Record<keyof JoinRoomOptions, OptionRule> = { ...LEAVE_RULES, presence: BOOLEAN };

/** Returns what is wrong with the options of a decorator, if anything. */
export function findJoiningProblem(kind: 'joined' | 'left', options: unknown): string | undefined {
  const rules: Readonly<Record<string, OptionRule>> = kind === 'joined' ? JOIN_RULES : LEAVE_RULES;
  if (!isRecord(options)) return `its options must be an object of ${Object.keys(rules).join(', ')}.`;
  for (const [option, value] of Object.entries(options)) {
    if (!Object.hasOwn(rules, option))
      return `there is no option "${option}". There are ${Object.keys(rules).join(', ')}.`;
    const [expected, holds] = rules[option];
    if (value !== undefined && !holds(value)) return `the option "${option}" must be ${expected}.`;
  }
  return undefined;
}

function isSource(value: unknown): boolean {
  return typeof value === 'function' || (typeof value === 'string' && value !== '');
}
