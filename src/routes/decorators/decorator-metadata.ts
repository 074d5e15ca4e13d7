import { RequestMethod } from '@nestjs/common';
import type { SocketsError } from '../../common/common.errors.js';
import { InvalidPublisherError, InvalidRoomMoveError, InvalidSubscriberError } from '../routes.errors.js';
import type { JoinRoomOptions } from './join-room.options.js';
import type { PublishOnAddOptions } from './publish.options.js';
import type { SubscribeOnReadOptions } from './subscribe.options.js';

/** What every decorator says about a route, or about all routes of a class. */
interface CommonMetadata {
  /** The decorator as it is written, for errors and logs. */
  decorator: string;
  resource?: string;
}

/** What a publishing decorator says. */
export interface PublisherMetadata extends CommonMetadata {
  kind: 'created' | 'updated' | 'destroyed' | 'addedTo' | 'removedFrom' | 'replaced' | 'custom';
  /** The verb of a custom publication. */
  verb?: string;
  /** The collection that something is added to or removed from. */
  attribute?: string;
  options: PublishOnAddOptions;
}

/** What `@SubscribeOnRead` or `@Unsubscribe` says. */
export interface SubscriberMetadata extends CommonMetadata {
  kind: 'subscribed' | 'unsubscribed';
  options: SubscribeOnReadOptions;
}

/** What `@JoinRoom` or `@LeaveRoom` says. */
export interface RoomMetadata {
  decorator: string;
  kind: 'joined' | 'left';
  /** The template of the room's name. */
  room: string;
  options: JoinRoomOptions;
}

export type DecoratorMetadata = PublisherMetadata | SubscriberMetadata | RoomMetadata;

/** The request methods of the routes to which a decorator on a class applies. */
export const CONVENTIONAL_METHODS: Partial<Record<DecoratorMetadata['kind'], readonly RequestMethod[]>> = {
  created: [RequestMethod.POST],
  updated: [RequestMethod.PUT, RequestMethod.PATCH],
  destroyed: [RequestMethod.DELETE],
  subscribed: [RequestMethod.GET],
};

export function isSubscribeDecorator(metadata: DecoratorMetadata): metadata is SubscriberMetadata {
  return metadata.kind === 'subscribed' || metadata.kind === 'unsubscribed';
}

export function isRoomDecorator(metadata: DecoratorMetadata): metadata is RoomMetadata {
  return metadata.kind === 'joined' || metadata.kind === 'left';
}

/** Returns the resource that a decorator names, if any. */
export function namedResource(metadata: DecoratorMetadata): string | undefined {
  return isRoomDecorator(metadata) ? undefined : (metadata.options.resource ?? metadata.resource);
}

const DECORATORS = 'nestjs-sockets:decorators';

/**
 * Adds a decorator to a class. Decorators are applied from the last to the first; the metadata keeps the order in which
 * they are written.
 */
function addClassDecorator(host: object, metadata: DecoratorMetadata): void {
  Reflect.defineMetadata(DECORATORS, [metadata, ...ownDecorators(host)], host);
}

/**
 * Adds a decorator to a method. It is kept next to the function, not on it, because a decorator further up may replace
 * the function.
 */
function addMethodDecorator(prototype: object, method: string | symbol, metadata: DecoratorMetadata): void {
  Reflect.defineMetadata(DECORATORS, [metadata, ...ownDecorators(prototype, method)], prototype, method);
}

/** Returns the decorators of a class and of the classes it extends; of two of a kind, that of the subclass. */
export function classDecorators(host: object): readonly DecoratorMetadata[] {
  const inherited = typeof parentOf(host) === 'function' ? classDecorators(parentOf(host) as object) : [];
  const own = ownDecorators(host);
  return [...own, ...inherited.filter(({ kind }) => own.every((metadata) => metadata.kind !== kind))];
}

/**
 * Returns the decorators of a method from the class that declares it. A subclass that overrides the method also
 * overrides its decorators, as with its route.
 */
export function methodDecorators(prototype: object, method: string): readonly DecoratorMetadata[] {
  let owner: object | null = prototype;
  while (owner && !Object.hasOwn(owner, method)) owner = parentOf(owner);
  return owner ? ownDecorators(owner, method) : [];
}

function ownDecorators(host: object, method?: string | symbol): readonly DecoratorMetadata[] {
  const found: unknown =
    method === undefined ? Reflect.getOwnMetadata(DECORATORS, host) : Reflect.getOwnMetadata(DECORATORS, host, method);
  return (found ?? []) as DecoratorMetadata[];
}

function parentOf(host: object): object | null {
  return Object.getPrototypeOf(host) as object | null;
}

type WithoutName =
  Omit<PublisherMetadata, 'decorator'> | Omit<SubscriberMetadata, 'decorator'> | Omit<RoomMetadata, 'decorator'>;

/** Makes a decorator that stores metadata, which is read at boot. */
export function routeDecorator(name: string, said: WithoutName): MethodDecorator & ClassDecorator {
  const { verb, attribute, resource, room } = said as Partial<Omit<PublisherMetadata, 'kind'> & RoomMetadata>;
  const argument = verb ?? attribute ?? resource ?? room;
  const metadata = {
    decorator: `@${name}(${argument === undefined ? '' : `'${argument}'`})`,
    ...said,
  };
  return (target: object, key?: string | symbol, descriptor?: PropertyDescriptor) => {
    if (key === undefined && isRoomDecorator(metadata))
      throw misplacedError(
        metadata,
        (target as { name?: string }).name ?? '',
        'it belongs on a method, not on the class.',
      );
    if (key === undefined) return addClassDecorator(target, metadata);
    // Nothing would find it there at boot.
    if (typeof target === 'function' || typeof descriptor?.value !== 'function') {
      const where = typeof target === 'function' ? target.name : target.constructor.name;
      throw misplacedError(metadata, `${where}.${String(key)}`, 'it belongs on a method of a controller.');
    }
    return addMethodDecorator(target, key, metadata);
  };
}

/** Reads the arguments of a decorator whose resource may come before its options. */
export function readArguments<Options>([first, second]: [(string | Options)?, Options?]): {
  resource?: string;
  options: Options;
} {
  return typeof first === 'string'
    ? { resource: first, options: second ?? ({} as Options) }
    : { options: first ?? ({} as Options) };
}

/** Returns advice on how to do without the decorator. */
export function alternativeTo({ kind }: DecoratorMetadata): string {
  if (kind === 'joined' || kind === 'left')
    return `Use SocketsService.${kind === 'joined' ? 'join' : 'leave'}() instead`;
  const action = kind === 'subscribed' ? 'Subscribe' : kind === 'unsubscribed' ? 'Unsubscribe' : 'Publish';
  return `${action} through a ResourceChannel instead`;
}

/** Returns the error for a decorator that cannot work where it stands. */
export function misplacedError(metadata: DecoratorMetadata, where: string, problem: string): SocketsError {
  const Kind = isSubscribeDecorator(metadata) ? InvalidSubscriberError : InvalidPublisherError;
  return new (isRoomDecorator(metadata) ? InvalidRoomMoveError : Kind)(metadata.decorator, where, problem);
}
