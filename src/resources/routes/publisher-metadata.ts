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
export function addPublisher(host: object, publisher: PublisherMetadata): void {
  const others = (Reflect.getOwnMetadata(PUBLISHERS, host) ?? []) as PublisherMetadata[];
  Reflect.defineMetadata(PUBLISHERS, [publisher, ...others], host);
}

/** The publishers of a method, or those of a class and the classes it extends. */
export function publishersOf(host: object): readonly PublisherMetadata[] {
  return (Reflect.getMetadata(PUBLISHERS, host) ?? []) as PublisherMetadata[];
}
