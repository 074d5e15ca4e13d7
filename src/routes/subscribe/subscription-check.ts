import type { Socket } from 'socket.io';
import { LineLogger } from '../../common/log.js';
import { forEachConcurrent, thenSync, withTimeout } from '../../common/promises.js';
import { userOf } from '../../connections/identities.js';
import { type HttpRequest, ownSocket } from '../../connections/requester/requesting-socket.js';
import { Resources } from '../../resources/resources.js';
import type { Verdict } from '../../resources/subscriptions/subscription-policies.js';
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
  verdicts?: Map<string, Verdict | Promise<Verdict>> | undefined;
}

/**
 * Asks the policies of resources whether a reader may be subscribed to what it read. Resources without a policy allow
 * it.
 */
export class SubscriptionCheck {
  private readonly logger = new LineLogger('ResourcefulPubSub');

  constructor(private readonly resources: Resources) {}

  /**
   * Never rejects: what is not allowed is refused. It returns the verdict at once where no policy has to be waited for.
   */
  check(found: readonly SubscriptionRooms[], asker: () => Subscriber): Checked | Promise<Checked> {
    const asked: SubscriptionRooms[] = [];
    const free: SubscriptionRooms[] = [];
    for (const one of found) {
      const isAsked = one.rooms.length > 0 && this.resources.policies.has(one.resource);
      (isAsked ? asked : free).push(one);
    }
    if (asked.length === 0) return { allowed: free, refused: [], isIncomplete: false };
    return thenSync(this.ask(asked, asker()), ({ allowed, ...rest }) => ({ ...rest, allowed: [...free, ...allowed] }));
  }

  private ask(asked: readonly SubscriptionRooms[], asker: Subscriber): Checked | Promise<Checked> {
    const questions = new Questions(asked, asker, this.resources.policies);
    // Most policies need not wait for anything, and nobody else then has to wait for them.
    if (questions.askAtOnce()) return questions.conclude();
    const work = questions.askRest();
    return withTimeout(POLICY_TIMEOUT, 'the policy', work)
      .catch(() => {
        questions.giveUp();
        this.logger.error(
          `A policy took longer than ${POLICY_TIMEOUT} ms to say who may be subscribed. What it had not allowed by ` +
            `then was not subscribed to.`,
        );
      })
      .then(() => questions.conclude());
  }
}

/** What policies are asked about one read, each target once, and what they have said. */
class Questions {
  private readonly byTarget: ReadonlyMap<string, SubscriptionRooms>;
  private readonly verdicts = new Map<string, boolean>();
  /** What is known already, or being found out. */
  private readonly answers: NonNullable<Subscriber['verdicts']>;
  /** How many have been answered without waiting. */
  private answered = 0;
  private isLate = false;

  constructor(
    private readonly asked: readonly SubscriptionRooms[],
    private readonly asker: Subscriber,
    private readonly policies: Resources['policies'],
  ) {
    this.byTarget = new Map(asked.map((one) => [keyOf(one), one]));
    this.answers = asker.verdicts ?? new Map<string, Verdict | Promise<Verdict>>();
  }

  /** Asks until something has to be waited for. Returns whether all have been answered. */
  askAtOnce(): boolean {
    for (const [key, one] of this.byTarget) {
      const answer = this.answerTo(key, one);
      if (answer instanceof Promise) return false;
      this.take(key, answer);
      this.answered++;
    }
    return true;
  }

  /** Asks about the rest, about several targets at a time. */
  askRest(): Promise<void> {
    return forEachConcurrent([...this.byTarget].slice(this.answered), MAX_CONCURRENT, async ([key, one]) => {
      if (!this.isLate) this.take(key, await this.answerTo(key, one));
    });
  }

  /** Counts no answer that comes after this. */
  giveUp(): void {
    this.isLate = true;
  }

  conclude(): Checked {
    const { asked, byTarget, verdicts } = this;
    const targets = [...byTarget].map(([key, { resource, about = { resource } }]) => ({ key, about }));
    return {
      allowed: asked.filter((one) => verdicts.get(keyOf(one))),
      refused: targets.filter(({ key }) => !verdicts.get(key)).map(({ about }) => about),
      isIncomplete: targets.some(({ key }) => !verdicts.has(key)),
    };
  }

  private answerTo(key: string, { about, record }: SubscriptionRooms): Verdict | Promise<Verdict> {
    if (!about) return undefined;
    const known = this.answers.get(key);
    if (known !== undefined) return known;
    const { user, request } = this.asker;
    const answer = this.policies.allow(user, { ...about, ...(record !== undefined && { record }), request });
    this.answers.set(key, answer);
    return answer;
  }

  private take(key: string, verdict: Verdict): void {
    if (verdict === undefined) this.answers.delete(key);
    else if (!this.isLate) this.verdicts.set(key, verdict);
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
