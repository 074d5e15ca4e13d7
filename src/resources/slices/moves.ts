import type { EnteredMessage, LeftMessage, RecordId, UpdatedMessage } from '../../protocol/resource-message.js';
import type { Resource } from '../resource.js';
import type { Placement, RecordSource } from './slices.js';

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
