import type { EnteredMessage, LeftMessage, RecordId, UpdatedMessage } from '../../wire/resource-message.js';
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

/** A message for those who watch these slices, and for nobody else. */
interface SliceMessage {
  message: LeftMessage | EnteredMessage<unknown>;
  slices: readonly string[];
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
export function messagesOfMove(
  message: unknown,
  { left, entered }: Pick<Placement, 'left' | 'entered'>,
): SliceMessage[] {
  const messages: SliceMessage[] = [];
  const { id, data } = (message ?? {}) as Pick<UpdatedMessage<object>, 'id' | 'data'>;
  if (left.length > 0) messages.push({ message: { verb: 'left', id }, slices: left });
  if (entered.length > 0) messages.push({ message: { verb: 'entered', id, data }, slices: entered });
  return messages;
}
