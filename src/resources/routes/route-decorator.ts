import type { SocketsError } from '../../common/common.errors.js';
import { InvalidPublisherError } from '../errors/invalid-publisher.error.js';
import { InvalidRoomMoveError } from '../errors/invalid-room-move.error.js';
import { InvalidSubscriberError } from '../errors/invalid-subscriber.error.js';
import {
  addClassDecorator,
  addMethodDecorator,
  isOfRoom,
  isSubscriber,
  type DecoratorMetadata,
  type PublisherMetadata,
  type RoomMetadata,
  type SubscriberMetadata,
} from './decorator-metadata.js';

type WithoutName =
  Omit<PublisherMetadata, 'decorator'> | Omit<SubscriberMetadata, 'decorator'> | Omit<RoomMetadata, 'decorator'>;

/** Leaves behind what a decorator says, to be read at boot. */
export function routeDecorator(name: string, said: WithoutName): MethodDecorator & ClassDecorator {
  const { verb, attribute, resource, room } = said as Partial<Omit<PublisherMetadata, 'kind'> & RoomMetadata>;
  const argument = verb ?? attribute ?? resource ?? room;
  const metadata = {
    decorator: `@${name}(${argument === undefined ? '' : `'${argument}'`})`,
    ...said,
  };
  return (target: object, key?: string | symbol, descriptor?: PropertyDescriptor) => {
    if (key === undefined && isOfRoom(metadata))
      throw misplaced(metadata, (target as { name?: string }).name ?? '', 'it belongs on a method, not on the class.');
    if (key === undefined) return addClassDecorator(target, metadata);
    // Boot would never come to see it.
    if (typeof target === 'function' || typeof descriptor?.value !== 'function') {
      const where = typeof target === 'function' ? target.name : target.constructor.name;
      throw misplaced(metadata, `${where}.${String(key)}`, 'it belongs on a method of a controller.');
    }
    return addMethodDecorator(target, key, metadata);
  };
}

/** The arguments of a decorator whose resource may come before its options. */
export function readArguments<Options>([first, second]: [(string | Options)?, Options?]): {
  resource?: string;
  options: Options;
} {
  return typeof first === 'string'
    ? { resource: first, options: second ?? ({} as Options) }
    : { options: first ?? ({} as Options) };
}

/** How to do without the decorator. */
export function otherWay({ kind }: DecoratorMetadata): string {
  if (kind === 'joined' || kind === 'left')
    return `Use SocketsService.${kind === 'joined' ? 'join' : 'leave'}() instead`;
  const deed = kind === 'subscribed' ? 'Subscribe' : kind === 'unsubscribed' ? 'Unsubscribe' : 'Publish';
  return `${deed} through a ResourceChannel instead`;
}

/** A decorator that stands where it cannot work. */
export function misplaced(metadata: DecoratorMetadata, where: string, problem: string): SocketsError {
  const Kind = isSubscriber(metadata) ? InvalidSubscriberError : InvalidPublisherError;
  return new (isOfRoom(metadata) ? InvalidRoomMoveError : Kind)(metadata.decorator, where, problem);
}
