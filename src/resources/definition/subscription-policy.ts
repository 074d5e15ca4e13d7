import type { RecordId } from '../../protocol/resource-message.js';
import type { Revocation } from '../../protocol/subscription.js';

/** What a subscription is to: a record, a slice of the collection, or the whole collection. */
export interface SubscriptionTarget {
  resource: string;
  id?: RecordId;
  /** The values of the slice's fields, as the route's pipes returned them. */
  slice?: Readonly<Record<string, unknown>>;
}

/**
 * What a policy is asked about.
 *
 * @typeParam Rec the record, as the handler returns it
 */
export interface RequestedTarget<Rec = unknown> extends SubscriptionTarget {
  /**
   * The record that was read, so that it need not be looked up again: the very value that the handler returned, before
   * any interceptor or serializer, with the fields that the response hides. Where it is not clear which part of that
   * value it is, the record as the response shows it. Absent for a slice and for the whole collection. Do not change
   * it, since it may be on its way to the client.
   */
  record?: Rec;
  /** The request, of Express or Fastify, that read it. */
  request: object;
}

/**
 * Decides who may be subscribed to what by reading. A provider, or an object.
 *
 * @example
 * ```ts
 * import { Controller, Get, Injectable, Param } from '@nestjs/common';
 * import { type RequestedTarget, Resourceful, SubscribeOnRead, type SubscriptionPolicy } from 'nestjs-sockets';
 *
 * interface Card {
 *   id: number;
 *   boardId: number;
 * }
 *
 * @Injectable()
 * export class CardPolicy implements SubscriptionPolicy {
 *   canSubscribe(user: { boards: number[] } | undefined, { record, slice }: RequestedTarget<Card>): boolean {
 *     return user !== undefined && user.boards.includes(Number(record?.boardId ?? slice?.boardId));
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
   * Returns `true` to subscribe the reader to the target. Anything else does not, and neither does an error, nor a
   * promise that takes longer than five seconds; the response to the read is the same either way.
   *
   * @param user the request's `user`, as guards or middleware set it; or else the user that the socket is connected as
   */
  canSubscribe(user: unknown, target: RequestedTarget): boolean | Promise<boolean>;
}

export function isPolicy(value: unknown): value is SubscriptionPolicy {
  return typeof (value as Partial<SubscriptionPolicy> | null | undefined)?.canSubscribe === 'function';
}

/** Builds the messages that tell a client which targets it no longer hears of. */
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
