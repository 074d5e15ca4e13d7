import {
  parsePosition,
  parseTopics,
  POSITION_HEADER,
  type Positions,
  RECOVERY_HEADER,
  TOPICS_HEADER,
} from '../../../../protocol/position.js';
import { RequestError } from '../../answers/request-error.js';
import type { ClientResponse } from '../../answers/response.js';
import type { ReadSending } from '../../requests/repeated-reads.js';

/** What a server has rendered, such as `body` of a route's answer, and how far that reaches, if it is known. */
export interface LiveInitial<Body = unknown> {
  readonly body: Body;
  /** The header `Realtime-Position` of the answer to a read that had the header `Realtime-Since: new`. */
  readonly position?: string | null | undefined;
}

/** The rendered bodies that were refused to who they were for, in whole or in part. */
const spent = new WeakSet<object>();

/** Has a rendered body shown nowhere any more. */
export function spend(initial: LiveInitial | undefined): void {
  const body = initial?.body;
  if (typeof body === 'object' && body !== null) spent.add(body);
}

/** Returns what a server has rendered, as long as it may be shown. */
export function unspent(initial: LiveInitial | undefined): LiveInitial | undefined {
  return initial && spent.has(initial.body as object) ? undefined : initial;
}

/** A rendered body from which a client can go on, if it is sent what was published since. */
export class Snapshot {
  private constructor(
    private readonly body: unknown,
    private readonly position: string,
    readonly since: Positions,
  ) {}

  /** @returns `undefined` if it is not known how far it reaches, or it may not be shown any more */
  static of(initial: LiveInitial | undefined): Snapshot | undefined {
    const { body, position } = unspent(initial) ?? {};
    const since = parsePosition(position);
    return since && new Snapshot(body, position as string, since);
  }

  /**
   * Returns the answer that the snapshot is together with the headers of a later one, after which follows what was
   * published since; `undefined` if not everything follows that concerns the snapshot.
   */
  completedBy({ headers, ...answer }: ClientResponse): ClientResponse | undefined {
    const { since } = this;
    const later = parsePosition(headers[POSITION_HEADER]);
    const topics = parseTopics(headers[TOPICS_HEADER]);
    const own = new Set([...since.resources.values()].flatMap((resource) => [...resource.topics.keys()]));
    const isFollowed =
      headers[RECOVERY_HEADER] !== undefined &&
      later?.epoch === since.epoch &&
      [...later.resources.keys()].every((name) => since.resources.has(name)) &&
      own.size > 0 &&
      own.size === topics.size &&
      [...own].every((topic) => topics.has(topic));
    // It reaches as far as the snapshot does.
    return isFollowed
      ? { ...answer, headers: { ...headers, [POSITION_HEADER]: this.position }, body: this.body }
      : undefined;
  }
}

type Send = (how: ReadSending) => Promise<ClientResponse>;

/**
 * Returns what reads a route. The first time, it asks for the headers of the answer only: guards, handler and policies
 * decide as ever, and the client is subscribed, but has the body.
 */
export function readAfter(snapshot: Snapshot | undefined, head: Send, get: Send): Send {
  let unused = snapshot;
  return async (how) => {
    const first = how.resumption ? undefined : unused;
    unused = undefined;
    if (!first) return get(how);
    const answer = await head({ ...how, since: first.since }).catch((error: unknown) => {
      // Why it is refused, its body says.
      if (error instanceof RequestError && error.statusCode > 0) return undefined;
      throw error;
    });
    return (answer && first.completedBy(answer)) ?? get(how);
  };
}
