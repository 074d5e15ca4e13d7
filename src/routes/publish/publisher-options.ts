import { ready, type Steps } from '../../common/promises.js';
import type { ChangeOptions } from '../../resources/pubsub/publication.js';
import type { PublisherMetadata } from '../decorators/decorator-metadata.js';
import { runOption } from '../request/option-functions.js';
import { recordOf, type RouteResult } from '../request/route-result.js';
import type { AdditionalRooms } from './additional-rooms.js';

type Rooms = string | readonly string[];

/** Reads what the options of one publishing decorator say of a record, some of which are functions of it. */
export class PublisherOptions {
  constructor(
    private readonly metadata: PublisherMetadata,
    /** The decorator and the route, for logs. */
    private readonly name: string,
    /** Whether the decorator has a view of its own. */
    private readonly isViewed: boolean,
    private readonly rooms: AdditionalRooms | undefined,
  ) {}

  /** Returns what the decorator says of the slice that the record is in now. */
  sliceFieldsOf({ context }: RouteResult, record: unknown): object | Promise<object> | undefined {
    const { slice } = this.metadata.options;
    if (!slice) return undefined;
    const values = Object.entries(slice).map(async ([field, read]) => {
      return [field, await runOption(`slice.${field}`, () => read(record, context))] as const;
    });
    return Promise.all(values).then((entries) => Object.fromEntries(entries) as object);
  }

  /** Tells whether a record is to be published. */
  *applies({ context }: RouteResult, record: unknown): Steps<boolean> {
    const { when } = this.metadata.options;
    return when === undefined || ((yield* ready(runOption('when', () => when(record, context)))) ?? true);
  }

  /** Returns the options of what is published of a record. */
  *changeOptionsOf(result: RouteResult, record: unknown, before?: object): Steps<ChangeOptions> {
    const { context, previous, mutation, writer } = result;
    const { noReverse, movedFrom } = this.metadata.options;
    return {
      to: yield* ready(this.additionalRooms(result, record, before)),
      mutation,
      noReverse,
      by: this.name,
      answer: { writer, isViewed: this.isViewed },
      movedFrom:
        typeof movedFrom === 'function'
          ? (childId, attribute) => movedFrom(childId, attribute, context, previous)
          : movedFrom,
    };
  }

  private additionalRooms(
    { context }: RouteResult,
    record: unknown,
    previous: object | undefined,
  ): Rooms | undefined | Promise<Rooms | undefined> {
    const { to } = this.metadata.options;
    if (typeof to === 'function') return runOption('to', () => to(record, context));
    const isGone = this.metadata.kind === 'destroyed';
    return this.rooms?.of({ shown: recordOf(record), previous, isGone }, context);
  }
}
