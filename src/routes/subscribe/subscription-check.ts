import type { Socket } from 'socket.io';
import { LineLogger } from '../../common/log.js';
import { forEachConcurrent, withTimeout } from '../../common/promises.js';
import { userOf } from '../../connections/identities.js';
import { type HttpRequest, ownSocket } from '../../connections/requester/requesting-socket.js';
import { Resources } from '../../resources/resources.js';
import type { SubscriptionTarget } from '../../resources/definition/subscription-policy.js';
import type { RouteResult } from '../request/route-result.js';
import type { SubscriptionRooms } from './room-change.js';

/**
 * How many questions about one read a policy is asked concurrently, and how long, in milliseconds, it may take to
 * answer all of them.
 */
const MAX_CONCURRENT = 16;
const POLICY_TIMEOUT = 5_000;

/** The verdict of the policies on the rooms of a read. */
export interface Checked {
  allowed: SubscriptionRooms[];
  refused: SubscriptionTarget[];
  /** Set if a policy failed, or did not answer in time, about some of the refused targets. */
  isIncomplete: boolean;
}

/** The user who is to be subscribed, and the request that asks for it. */
export interface Subscriber {
  user: unknown;
  request: object;
  /** What policies have said already of the same user, by what they were asked about. */
  verdicts?: Map<string, Promise<boolean | undefined>> | undefined;
}

/**
 * Asks the policies of resources whether a reader may be subscribed to what it read. Resources without a policy allow
 * it.
 */
export class SubscriptionCheck {
  private readonly logger = new LineLogger('ResourcefulPubSub');

  constructor(private readonly resources: Resources) {}

  /** Never rejects: what is not allowed is refused. It returns the verdict at once if there is no policy to ask. */
  check(found: readonly SubscriptionRooms[], asker: () => Subscriber): Checked | Promise<Checked> {
    const asked: SubscriptionRooms[] = [];
    const free: SubscriptionRooms[] = [];
    for (const one of found) {
      const isAsked = one.rooms.length > 0 && this.resources.policies.has(one.resource);
      (isAsked ? asked : free).push(one);
    }
    if (asked.length === 0) return { allowed: free, refused: [], isIncomplete: false };
    return this.ask(asked, asker()).then(({ allowed, ...rest }) => ({ ...rest, allowed: [...free, ...allowed] }));
  }

  private async ask(asked: readonly SubscriptionRooms[], asker: Subscriber): Promise<Checked> {
    const byTarget = new Map(asked.map((one) => [keyOf(one), one]));
    const verdicts = new Map<string, boolean>();
    let isLate = false;
    const { user, request, verdicts: known } = asker;
    const work = forEachConcurrent([...byTarget], MAX_CONCURRENT, async ([key, { about, record }]) => {
      if (isLate || !about) return;
      const target = { ...about, ...(record !== undefined && { record }), request };
      const answer = known?.get(key) ?? this.resources.policies.allow(user, target);
      known?.set(key, answer);
      const verdict = await answer;
      if (verdict === undefined) known?.delete(key);
      if (verdict !== undefined && !isLate) verdicts.set(key, verdict);
    });
    await withTimeout(POLICY_TIMEOUT, 'the policy', work).catch(() => {
      isLate = true;
      this.logger.error(
        `A policy took longer than ${POLICY_TIMEOUT} ms to say who may be subscribed. What it had not allowed by ` +
          `then was not subscribed to.`,
      );
    });
    const targets = [...byTarget].map(([key, { resource, about = { resource } }]) => ({ key, about }));
    return {
      allowed: asked.filter((one) => verdicts.get(keyOf(one))),
      refused: targets.filter(({ key }) => !verdicts.get(key)).map(({ about }) => about),
      isIncomplete: targets.some(({ key }) => !verdicts.has(key)),
    };
  }
}

/**
 * Returns the user as guards or middleware found it, or else as the socket is connected. On Fastify, middleware sees
 * the raw request.
 */
export function askerOf({ context }: RouteResult, socket: Socket | undefined): Subscriber {
  const request = context.request as HttpRequest & { user?: unknown; raw?: { user?: unknown } };
  const known = ownSocket(request) ?? socket;
  return { user: request.user ?? request.raw?.user ?? (known && userOf(known)), request };
}

/** Returns a key that is equal for rooms of the same target, about which a policy is asked once. */
function keyOf({ resource, about }: SubscriptionRooms): string {
  return JSON.stringify([resource, String(about?.id), about?.id === undefined, about?.slice]);
}
