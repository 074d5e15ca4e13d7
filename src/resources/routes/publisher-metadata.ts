import { RequestMethod } from '@nestjs/common';
import type { PublishOnCollectionOptions } from './publisher.options.js';

/** What a publishing decorator says of a route, or of all routes of a class. */
export interface PublisherMetadata {
  /** The decorator as it is written, for errors and logs. */
  decorator: string;
  kind: 'created' | 'updated' | 'destroyed' | 'addedTo' | 'removedFrom' | 'replaced' | 'custom';
  /** What a custom one publishes. */
  verb?: string;
  /** The collection that something is put into or taken out of. */
  attribute?: string;
  resource?: string;
  options: PublishOnCollectionOptions;
}

/** Methods by convention: the routes that a decorator on a class is about. */
export const CONVENTIONAL_METHODS: Partial<Record<PublisherMetadata['kind'], readonly RequestMethod[]>> = {
  created: [RequestMethod.POST],
  updated: [RequestMethod.PUT, RequestMethod.PATCH],
  destroyed: [RequestMethod.DELETE],
};

const PUBLISHERS = 'nestjs-sockets:publishers';

/** Keeps the order in which the decorators are written, which is the reverse of the one in which they are applied. */
export function addClassPublisher(host: object, publisher: PublisherMetadata): void {
  Reflect.defineMetadata(PUBLISHERS, [publisher, ...ownPublishers(host)], host);
}

/** Kept beside the function and not on it, since a decorator further up may put another function in its place. */
export function addMethodPublisher(prototype: object, method: string | symbol, publisher: PublisherMetadata): void {
  Reflect.defineMetadata(PUBLISHERS, [publisher, ...ownPublishers(prototype, method)], prototype, method);
}

/** Those of a class and of the classes it extends; of two of a kind, the one further down. */
export function classPublishers(host: object): readonly PublisherMetadata[] {
  const inherited = typeof parentOf(host) === 'function' ? classPublishers(parentOf(host) as object) : [];
  const own = ownPublishers(host);
  return [...own, ...inherited.filter(({ kind }) => own.every((publisher) => publisher.kind !== kind))];
}

/** Those of the method where it is written: a subclass that writes it anew says anew what it publishes, as it does with its route. */
export function methodPublishers(prototype: object, method: string): readonly PublisherMetadata[] {
  let owner: object | null = prototype;
  while (owner && !Object.hasOwn(owner, method)) owner = parentOf(owner);
  return owner ? ownPublishers(owner, method) : [];
}

function ownPublishers(host: object, method?: string | symbol): readonly PublisherMetadata[] {
  const found: unknown =
    method === undefined ? Reflect.getOwnMetadata(PUBLISHERS, host) : Reflect.getOwnMetadata(PUBLISHERS, host, method);
  return (found ?? []) as PublisherMetadata[];
}

function parentOf(host: object): object | null {
  return Object.getPrototypeOf(host) as object | null;
}
