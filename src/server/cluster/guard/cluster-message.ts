import { isRecord } from '../../../common/type-guards.js';
import { whatIsWrongWithPacket } from './event-packet.js';

type Fields = Record<string, unknown>;

/** What each kind of message of a `ClusterAdapter` has to have; the keys are the numbers that it gives them. */
const IS_READABLE: Record<number, (data: Fields) => boolean> = {
  3: ({ packet, opts }) => whatIsWrongWithPacket(packet) === undefined && areOptions(opts),
  4: ({ opts, rooms }) => areOptions(opts) && areNames(rooms),
  5: ({ opts, rooms }) => areOptions(opts) && areNames(rooms),
  6: ({ opts }) => areOptions(opts),
  7: ({ opts, requestId }) => areOptions(opts) && typeof requestId === 'string',
  8: ({ requestId, sockets }) => typeof requestId === 'string' && Array.isArray(sockets),
  9: ({ packet }) => Array.isArray(packet),
  10: hasRequest,
  11: hasRequest,
  12: hasRequest,
};

/** Heartbeats, and the farewell of a server. */
const WITHOUT_DATA: ReadonlySet<unknown> = new Set([1, 2, 13]);

/**
 * Looks at a message of another server's `ClusterAdapter`.
 *
 * @returns what is wrong with it
 */
export function whatIsWrongWith(message: unknown): string | undefined {
  if (!isRecord(message) || typeof message.uid !== 'string' || typeof message.nsp !== 'string') {
    return 'it does not say where it is from';
  }
  const { type, data } = message;
  if (WITHOUT_DATA.has(type)) return undefined;
  if (typeof type !== 'number' || !Object.hasOwn(IS_READABLE, type)) return 'it is of a kind that nobody knows';
  return isRecord(data) && IS_READABLE[type]?.(data) ? undefined : 'it does not have what its kind has';
}

function hasRequest({ requestId }: Fields): boolean {
  return typeof requestId === 'string';
}

function areOptions(options: unknown): boolean {
  return isRecord(options) && areNames(options.rooms ?? []) && areNames(options.except ?? []);
}

/** The names of rooms; applications that are not checked for types have numbers among them. */
function areNames(names: unknown): boolean {
  return Array.isArray(names) && names.every((name) => typeof name === 'string' || typeof name === 'number');
}
