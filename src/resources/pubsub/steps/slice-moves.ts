import { Logger } from '@nestjs/common';
import type { EnteredMessage, LeftMessage, RecordId, UpdatedMessage } from '../../../protocol/resource-message.js';
import type { Resource } from '../../definition/resource.js';
import type { Placement, RecordSource } from '../../slices/slices.js';

/** What a publication says of where its record is. */
interface PlacedPublication {
  resource: Resource;
  verb?: string;
  message: unknown;
  ids: readonly RecordId[];
  source?: RecordSource;
}

/** What those hear who watch these slices, and nobody else. */
interface SliceMove {
  verb: 'left' | 'entered';
  slices: readonly string[];
  /** Beside the message of the change that is behind it. */
  messageAfter: (message: unknown) => LeftMessage | EnteredMessage<unknown>;
}

/** In which slices something happened, and is remembered to have happened. */
export function placementOf({ resource, verb, message, ids, source }: PlacedPublication): Placement {
  const { slices } = resource;
  if (!slices.any) return slices.whereabouts([]);
  const { id, data } = (message ?? {}) as { id: RecordId; data?: object };
  if (verb === 'created') return slices.placeCreated(id, source ?? { record: data });
  if (verb === 'destroyed') return slices.placeDestroyed(id, source ?? {});
  // The other side of a relation may say of which collection a record is now.
  if (verb === 'updated') return slices.placeUpdated(id, source ?? { record: data });
  return source ? slices.placeUpdated(id, source) : slices.whereabouts(ids);
}

/** First who is left, so that whoever watches both slices ends up with the record. */
export function movesOf({ left, entered }: Pick<Placement, 'left' | 'entered'>): SliceMove[] {
  const moves: SliceMove[] = [
    { verb: 'left', slices: left, messageAfter: (message) => ({ verb: 'left', id: updateIn(message).id }) },
    { verb: 'entered', slices: entered, messageAfter: (message) => ({ verb: 'entered', ...updateIn(message) }) },
  ];
  return moves.filter(({ slices }) => slices.length > 0);
}

function updateIn(message: unknown): { id: RecordId; data: unknown } {
  const { id, data } = (message ?? {}) as Pick<UpdatedMessage<unknown>, 'id' | 'data'>;
  return { id, data };
}

/** What somebody published, and the fields by which it is not known in which slice that happened. */
interface Unplaced {
  resource: string;
  verb?: string;
  unknown: readonly string[];
}

/** Tells the log whose watchers of a slice may have heard nothing; once for each route or method. */
export class UnplacedComplaints {
  private readonly logger = new Logger('ResourcefulPubSub');
  private readonly said = new Set<string>();

  /** @param by the decorator and the route, or the method of the channel */
  about(by: string, unplaced: Unplaced): void {
    if (this.said.has(by)) return;
    this.said.add(by);
    this.logger.warn(`${by}: ${wordsOf(unplaced)} This is said once.`);
  }
}

function wordsOf({ resource, verb, unknown }: Unplaced): string {
  const fields = unknown.join(', ');
  if (verb === 'created') {
    return (
      `the new record of "${resource}" does not say its ${fields}, so whoever watches such a slice does not hear of it. Answer the record with that, ` +
      `null for none, or say it: { slice: { ${unknown[0]}: (record, context) => … } }.`
    );
  }
  const problem = `it is not known which ${fields} a record of "${resource}" had, so whoever watches the slice that it was in may not hear of it.`;
  return verb === 'updated' || verb === 'destroyed'
    ? `${problem} Say it with the option "previous", which is the record as it was.`
    : `${problem} It becomes known when the record is read by a route with @SubscribeOnRead, or changes.`;
}
