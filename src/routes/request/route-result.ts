import type { PublishContext } from '../publish-context.js';
import { isObject } from '../../common/type-guards.js';
import type { SerializedResponse } from './response.js';

/** The forms of a record as it was, as plain JSON data. */
export interface WrittenRecord {
  /** As the handler could have returned it; absent if JSON has no form for it. */
  readonly whole?: unknown;
  /** As a response of the route would have shown it; absent if that cannot be known. */
  readonly shown?: unknown;
}

/** The record as it was before the handler ran, read by the option `previous` of one publishing decorator. */
export interface PreviousRecord {
  /**
   * What the option returned: a record, or a list of them where the response holds several. They are copies, which show
   * their id, their slices and what they refer to.
   */
  readonly value: unknown;
  /** What else was written down of those records, by copy. */
  readonly written: ReadonlyMap<object, WrittenRecord>;
}

export const NO_PREVIOUS: PreviousRecord = { value: undefined, written: new Map() };

/** What publishing needs in addition, because it concerns others than the requester. */
interface PublicationFacts {
  previous: PreviousRecord;
  omitted: readonly string[];
  writer: readonly string[];
}

/**
 * The result of a handled request, as one decorator sees it. Each decorator has a result of its own, so that no
 * function of one can change the response that another reads.
 */
export class RouteResult {
  /** The record as it was, if the decorator asked for it; a list of them where there are several. */
  readonly previous: unknown;
  private readonly written: ReadonlyMap<object, WrittenRecord>;
  /** The rooms that do not receive the publication, because it is their own request. */
  readonly omitted: readonly string[];
  /** The rooms of the sockets of whoever has sent the request. */
  readonly writer: readonly string[];
  private parsed: { response: unknown } | undefined;

  /**
   * @param mutation the caller's name for the change that it requested
   * @throws what prevented the response from being serialized
   */
  constructor(
    private readonly serialized: SerializedResponse,
    readonly context: PublishContext,
    readonly mutation?: string,
    { previous, omitted, writer }: PublicationFacts = { previous: NO_PREVIOUS, omitted: [], writer: [] },
  ) {
    serialized.assertReadable();
    this.previous = previous.value;
    this.written = previous.written;
    this.omitted = omitted;
    this.writer = writer;
  }

  /** Returns what was written down of one record among those that `previous` holds. */
  writtenOf(previous: object): WrittenRecord {
    return this.written.get(previous) ?? {};
  }

  /** Returns the response as it is, where it is a list whose records show this field as the caller receives it. */
  listWith(field: string): ReadonlyArray<Record<string, unknown>> | undefined {
    return this.serialized.listWith(field);
  }

  /** The response as the caller receives it, parsed when it is first read. */
  get response(): unknown {
    this.parsed ??= { response: this.serialized.parse() };
    return this.parsed.response;
  }
}

export function recordOf(value: unknown): Record<string, unknown> | undefined {
  return isObject(value) ? value : undefined;
}

/**
 * Tells whether a value was taken from the response itself. What comes from elsewhere has passed no serializer. The
 * response is one tree of plain JSON data, parsed for this result alone, so belonging to it means being one of its
 * nodes.
 */
export function containsRecord(response: unknown, value: unknown): boolean {
  if (typeof value !== 'object' || value === null || value === response) return true;
  const nodes = new Set<unknown>();
  collectNodes(response, nodes);
  const isOne = (part: unknown): boolean => {
    if (typeof part !== 'object' || part === null || nodes.has(part)) return true;
    // It may be a list that was made of parts.
    return Array.isArray(part) && part.every(isOne);
  };
  return isOne(value);
}

function collectNodes(tree: unknown, nodes: Set<unknown>): void {
  if (typeof tree !== 'object' || tree === null) return;
  nodes.add(tree);
  for (const child of Object.values(tree)) collectNodes(child, nodes);
}
