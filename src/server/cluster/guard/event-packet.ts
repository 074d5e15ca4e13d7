import { isSocketIoEvent } from '../../../protocol/reserved-events.js';
import { isRecord } from '../../../common/type-guards.js';

/** How Socket.IO numbers packets that are events. */
const EVENT = 2;

/**
 * Looks at a packet that another server wants clients to have.
 *
 * @returns what is wrong with it
 */
export function whatIsWrongWithPacket(packet: unknown): string | undefined {
  if (!isRecord(packet) || packet.type !== EVENT || !Array.isArray(packet.data)) return 'it has no event for clients';
  const [event] = packet.data as unknown[];
  if (typeof event !== 'string' && typeof event !== 'number') return 'it has an event for clients without a name';
  // A client drops the connection that brings one.
  if (isSocketIoEvent(String(event))) return `it has an event for clients with the reserved name "${event}"`;
  // Some encodings of adapters make `null` of what is absent.
  const id = packet.id ?? 0;
  return Number.isSafeInteger(id) ? undefined : 'it has an event for clients with a wrong id';
}
