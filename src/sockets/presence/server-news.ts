import { isRecord } from '../../common/option-rules.js';
import type { Stay } from './roster.js';

/** A user came into a room of that server, or, without a stay, has left it. */
export interface Change {
  room: string;
  id: string;
  stay?: Stay;
}

/**
 * What the servers tell each other about one namespace. `server` is the sender: a name that it has until it ends, so that whoever comes after it is somebody
 * else. Its `version` counts what it has told.
 */
export type ServerNews = { server: string } & (
  | { kind: 'changes'; version: number; changes: Change[] }
  /** All that there is, each with its stay. */
  | { kind: 'state'; version: number; changes: Change[] }
  /** It is there. */
  | { kind: 'beat'; version: number }
  /** It knows these versions of others. Whoever is further tells its state. */
  | { kind: 'ask'; known: Array<[server: string, version: number]> }
  /** It is there no longer. */
  | { kind: 'bye' }
);

/** What comes over the bus may be anything, such as what a later release says. */
export function readNews(value: unknown): ServerNews | undefined {
  if (!isRecord(value) || typeof value.server !== 'string') return undefined;
  const { kind, version, changes, known } = value;
  const isRight =
    kind === 'bye' ||
    (kind === 'beat' && isVersion(version)) ||
    (kind === 'ask' && Array.isArray(known) && known.every(isKnown)) ||
    (kind === 'changes' && isVersion(version) && Array.isArray(changes) && changes.every(isChange)) ||
    (kind === 'state' && isVersion(version) && Array.isArray(changes) && changes.every(isArrival));
  return isRight ? (value as ServerNews) : undefined;
}

function isVersion(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isKnown(value: unknown): boolean {
  return Array.isArray(value) && typeof value[0] === 'string' && isVersion(value[1]);
}

function isChange(value: unknown): value is Change {
  if (!isRecord(value) || typeof value.room !== 'string' || typeof value.id !== 'string') return false;
  return value.stay === undefined || (isRecord(value.stay) && Number.isFinite(value.stay.since));
}

function isArrival(value: unknown): boolean {
  return isChange(value) && value.stay !== undefined;
}
