import type { RecordId } from './resource-message.js';

const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i;

export function isUuid(written: string): boolean {
  return written.length === 36 && UUID.test(written);
}

/**
 * Returns the canonical form of an id, for comparisons: `1` and `'1'` are the same record, and so are a UUID in upper
 * and in lower case. Anything else is compared as it is written.
 */
export function canonicalId(id: RecordId): string {
  const written = String(id);
  return isUuid(written) ? written.toLowerCase() : written;
}

/**
 * Returns whether two ids name the same record, in whatever type and spelling: `2` and `'2'` do, and a UUID in upper
 * and in lower case. A server publishes ids as its records have them, unless it has not seen any of the records yet.
 *
 * @example
 * ```ts
 * import { connect, isSameRecord } from 'nestjs-sockets/client';
 *
 * interface Card {
 *   id: number;
 *   title: string;
 * }
 *
 * let cards: Card[] = [];
 * connect('http://localhost:3000').on<Card>('card', (message) => {
 *   if (message.verb === 'destroyed') cards = cards.filter((card) => !isSameRecord(card.id, message.id));
 * });
 * ```
 */
export function isSameRecord(id: RecordId, other: RecordId): boolean {
  return canonicalId(id) === canonicalId(other);
}
