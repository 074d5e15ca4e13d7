import { RequestMethod } from '@nestjs/common';
import type { SocketsError } from '../../common/common.errors.js';
import { InvalidPublisherError, InvalidRoomMoveError, InvalidSubscriberError } from '../routes.errors.js';
import type { JoinRoomOptions } from './join-room.options.js';
import type { PublishOnAddOptions } from './publish.options.js';
import type { SubscribeOnReadOptions } from './subscribe.options.js';

/** What every decorator says of a route, or of all routes of a class. */
interface CommonMetadata {
  /** The decorator as it is written, for errors and logs. */
  decorator: string;
  resource?: string;
}

/** What a publishing decorator says. */
export interface PublisherMetadata extends CommonMetadata {
  kind: 'created' | 'updated' | 'destroyed' | 'addedTo' | 'removedFrom' | 'replaced' | 'custom';
  /** What a custom one publishes. */
  verb?: string;
  /** The collection that something is put into or taken out of. */
  attribute?: string;
  options: PublishOnAddOptions;
}

/** What a decorator says that subscribes or unsubscribes whoever asks. */
export interface SubscriberMetadata extends CommonMetadata {
  kind: 'subscribed' | 'unsubscribed';
  options: SubscribeOnReadOptions;
}

/** What a decorator says that lets whoever asks into a room of the application's own, or out of it. */
export interface RoomMetadata {
  decorator: string;
  kind: 'joined' | 'left';
  /** The template of its name. */
  room: string;
  options: JoinRoomOptions;
}

export type DecoratorMetadata = PublisherMetadata | SubscriberMetadata | RoomMetadata;

/** Methods by convention: the routes that a decorator on a class is about. */
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

/** Whether any of the options is a function, which is given the context of the request. */
export function hasFunctions(options: object): boolean {
  return Object.values(options).some(
    (option: unknown) =>
      typeof option === 'function' || (typeof option === 'object' && option !== null && hasFunctions(option)),
  );
}

/** The resource that a decorator names, if it does. */
export function namedResource(metadata: DecoratorMetadata): string | undefined {
  return isRoomDecorator(metadata) ? undefined : (metadata.options.resource ?? metadata.resource);
}

const DECORATORS = 'nestjs-sockets:decorators';

/** Keeps the order in which the decorators are written, which is the reverse of the one in which they are applied. */
function addClassDecorator(host: object, metadata: DecoratorMetadata): void {
  Reflect.defineMetadata(DECORATORS, [metadata, ...ownDecorators(host)], host);
}

/** Kept beside the function and not on it, since a decorator further up may put another function in its place. */
function addMethodDecorator(prototype: object, method: string | symbol, metadata: DecoratorMetadata): void {
  Reflect.defineMetadata(DECORATORS, [metadata, ...ownDecorators(prototype, method)], prototype, method);
}

/** Those of a class and of the classes it extends; of two of a kind, the one further down. */
export function classDecorators(host: object): readonly DecoratorMetadata[] {
  const inherited = typeof parentOf(host) === 'function' ? classDecorators(parentOf(host) as object) : [];
  const own = ownDecorators(host);
  return [...own, ...inherited.filter(({ kind }) => own.every((metadata) => metadata.kind !== kind))];
}

/** Those of the method where it is written: a subclass that writes it anew says anew what it does, as with its route. */
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

/** Leaves behind what a decorator says, to be read at boot. */
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
    // Boot would never come to see it.
    if (typeof target === 'function' || typeof descriptor?.value !== 'function') {
      const where = typeof target === 'function' ? target.name : target.constructor.name;
      throw misplacedError(metadata, `${where}.${String(key)}`, 'it belongs on a method of a controller.');
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
export function misplacedError(metadata: DecoratorMetadata, where: string, problem: string): SocketsError {
  const Kind = isSubscribeDecorator(metadata) ? InvalidSubscriberError : InvalidPublisherError;
  return new (isRoomDecorator(metadata) ? InvalidRoomMoveError : Kind)(metadata.decorator, where, problem);
}
