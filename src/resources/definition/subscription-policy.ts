import type { RecordId } from '../../protocol/resource-message.js';
import type { Revocation } from '../../protocol/subscription.js';

/** What a subscription is to: a record, a slice of a collection, or, without either, all of it. */
export interface SubscriptionTarget {
  resource: string;
  id?: RecordId;
  /** By its fields, as the route's pipes have made them. */
  slice?: Readonly<Record<string, unknown>>;
}

/** The same, for a policy. */
export interface RequestedTarget extends SubscriptionTarget {
  /** The request of Express or Fastify by which it was read. */
  request: object;
}

/**
 * A rule of an application's own about who may be subscribed to what by reading. A provider, or an object.
 *
 * @example
 * ```ts
 * import { Controller, Get, Injectable, Param } from '@nestjs/common';
 * import { Resourceful, SubscribeOnRead, type SubscriptionPolicy, type SubscriptionTarget } from 'nestjs-sockets';
 *
 * @Injectable()
 * export class CardPolicy implements SubscriptionPolicy {
 *   canSubscribe(user: { boards: number[] } | undefined, { slice }: SubscriptionTarget): boolean {
 *     return user !== undefined && user.boards.includes(Number(slice?.boardId));
 *   }
 * }
 *
 * @Controller('boards/:boardId/cards')
 * @Resourceful('card', { slices: ['boardId'], authorize: CardPolicy })
 * export class CardsController {
 *   @Get()
 *   @SubscribeOnRead({ watch: true })
 *   find(@Param('boardId') boardId: string) {
 *     return [{ id: 1, boardId }];
 *   }
 * }
 * ```
 */
export interface SubscriptionPolicy {
  /**
   * Only `true` lets a reader hear of the target; the answer to the read is the same either way. What throws, or takes longer than five seconds, does not.
   *
   * @param user the request's `user`, as guards or middleware leave it there; or else as whom the socket is connected
   */
  canSubscribe(user: unknown, target: RequestedTarget): boolean | Promise<boolean>;
}

export function isPolicy(value: unknown): value is SubscriptionPolicy {
  return typeof (value as Partial<SubscriptionPolicy> | null | undefined)?.canSubscribe === 'function';
}

/** What a client is told that hears of these no longer. */
export function revocationsOf(targets: readonly SubscriptionTarget[], code?: 'LIMIT_EXCEEDED'): Revocation[] {
  const why = code === undefined ? {} : { code };
  const told: Revocation[] = [];
  const idsByResource = new Map<string, RecordId[]>();
  for (const { resource, id, slice } of targets) {
    if (id === undefined) told.push({ resource, ...(slice === undefined ? {} : { slice }), ...why });
    else grouped(idsByResource, resource).push(id);
  }
  for (const [resource, ids] of idsByResource) told.push({ resource, ids, ...why });
  return told;
}

function grouped(ids: Map<string, RecordId[]>, resource: string): RecordId[] {
  const known = ids.get(resource) ?? [];
  ids.set(resource, known);
  return known;
}
