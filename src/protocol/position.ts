import type { DeliveryNote } from './notes.js';

/**
 * The header of an answer that says how far it reaches: whatever was published up to these positions is in it. It is
 * written as `formatPosition` does.
 */
export const POSITION_HEADER = 'realtime-position';

/**
 * The header of an answer that names the topics of which the socket is sent everything from now on, separated by
 * commas.
 */
export const TOPICS_HEADER = 'realtime-topics';

/** Reads the header of that name, whatever it is. */
export function parseTopics(text: unknown): ReadonlySet<string> {
  return new Set(typeof text === 'string' && text !== '' ? text.split(/, */) : []);
}

/** Stands in `TOPICS_HEADER` for more topics than a header should name. */
export const ANY_TOPIC = '*';

/** The header of a read that says what its client has, written as `formatPosition` does. */
export const SINCE_HEADER = 'realtime-since';

/** Stands in `SINCE_HEADER` for nothing: the client follows positions from now on. */
export const NOTHING = 'new';

/** The header of an answer that what its client has missed follows, and then `RECOVERED_EVENT` with the same id. */
export const RECOVERY_HEADER = 'realtime-recovery';

/** The event that tells a socket the positions of a publication that it is not sent, or was sent without them. */
export const POSITION_EVENT = 'sockets:position';

/** The event that ends what follows the answer to a read with `SINCE_HEADER`. */
export const RECOVERED_EVENT = 'sockets:recovered';

/** The event with which a client asks for what it lacks; acknowledged with a `SocketResponse<MissingAnswer>`. */
export const MISSING_EVENT = 'sockets:missing';

/** Says the positions of a publication that is not for this socket, or was sent to it before they were known. */
export interface PositionNote extends Required<Pick<DeliveryNote, 'id' | 'epoch' | 'topics'>> {
  resource: string;
}

/** What a client has missed has been sent again, as far as the server still knew it. */
export interface Recovered {
  /** What `RECOVERY_HEADER` said. */
  id: string;
  /** Whether it is all; otherwise, messages of the resources named may have been missed. */
  recovered: boolean;
  resources: readonly string[];
  /** Up to where everything has been sent, written as `formatPosition` does. */
  position: string;
}

/** Asks for what was published since, in the topics that the socket follows. */
export interface MissingQuestion {
  /** What the client has, written as `formatPosition` does. */
  since: string;
  /** Topics in which the client has found a gap, which it may not follow. */
  topics?: readonly string[];
}

/** What was missed has been sent before this answer. */
export interface MissingAnswer extends Omit<Recovered, 'id'> {
  /** Those of the topics asked about that the socket does not follow: a gap in them is none. */
  foreign: readonly string[];
}

/** How far one resource is known: everything up to `base`, and of some topics more than that. */
export interface ResourcePosition {
  base: number;
  topics: ReadonlyMap<string, number>;
}

/** How far several resources are known. Numbers of another epoch cannot be compared with these. */
export interface Positions {
  epoch: string;
  resources: ReadonlyMap<string, ResourcePosition>;
}

/** The longest text that `parsePosition` reads, in characters. */
const MAX_LENGTH = 8_192;

const NAME = /^[\w-]{1,64}$/;
const NUMBER = /^\d{1,16}$/;

/**
 * Writes positions on one line of visible ASCII characters and spaces: `k3j9Zq2a; card=41 Qm3x_a8P=45; user=7`. Topics
 * that would make it too long to be read are left out, which says that less is known.
 */
export function formatPosition({ epoch, resources }: Positions): string {
  const format = (topicsOf: (position: ResourcePosition) => Iterable<[string, number]>): string =>
    [epoch, ...[...resources].map(([name, position]) => formatResource(name, position.base, topicsOf(position)))].join(
      '; ',
    );
  const whole = format(({ topics }) => topics);
  return whole.length > MAX_LENGTH ? format(() => []) : whole;
}

function formatResource(name: string, base: number, topics: Iterable<[string, number]>): string {
  return [`${encodeURIComponent(name)}=${base}`, ...[...topics].map(([topic, at]) => `${topic}=${at}`)].join(' ');
}

/** Reads what `formatPosition` writes; `undefined` if it is anything else, or too long. */
export function parsePosition(text: unknown): Positions | undefined {
  if (typeof text !== 'string' || text.length > MAX_LENGTH) return undefined;
  const [epoch, ...parts] = text.split(';').map((part) => part.trim());
  if (!NAME.test(epoch)) return undefined;
  const resources = new Map<string, ResourcePosition>();
  for (const part of parts) {
    const [first, ...others] = part.split(' ').map(parseEntry);
    if (!first) return undefined;
    const name = decode(first[0]);
    if (!name || resources.has(name)) return undefined;
    const topics = new Map<string, number>();
    for (const entry of others) {
      if (!entry || !NAME.test(entry[0])) return undefined;
      topics.set(...entry);
    }
    resources.set(name, { base: first[1], topics });
  }
  return { epoch, resources };
}

function parseEntry(text: string): [name: string, position: number] | undefined {
  const [name, digits, ...rest] = text.split('=');
  if (rest.length > 0 || digits === undefined || !NUMBER.test(digits)) return undefined;
  const position = Number(digits);
  return Number.isSafeInteger(position) ? [name, position] : undefined;
}

function decode(name: string): string | undefined {
  try {
    return decodeURIComponent(name);
  } catch {
    return undefined;
  }
}
