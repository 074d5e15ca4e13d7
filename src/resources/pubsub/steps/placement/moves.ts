import type { EnteredMessage, LeftMessage, RecordId, UpdatedMessage } from '../../../../protocol/resource-message.js';
import type { Resource } from '../../../definition/resource.js';
import type { SliceFields } from '../../../slices/slices.js';
import { messageIn, newNote, type Publication, STOPPED } from '../../publication.js';

/**
 * Makes the message that only watchers of these slices receive, in addition to that of the change itself.
 *
 * @param kept the slices whose watchers do not receive it
 */
export function moveOf(
  publication: Publication,
  slices: readonly string[],
  verb: 'left' | 'entered',
  messageAfter: (update: unknown) => LeftMessage | EnteredMessage<unknown>,
  kept: readonly string[] = [],
): Publication[] {
  if (slices.length === 0) return [];
  const versions = publication.versions.map((version) => ({
    audience: version.audience,
    message: version.message === STOPPED ? STOPPED : messageAfter(messageIn(version)),
    ...(version.isShortened && verb === 'entered' && { isShortened: true as const }),
  }));
  const recipients = { verb, ids: [], slices, collection: false };
  const note = newNote(publication.note.mutation);
  const except = kept.flatMap((slice) => publication.resource.allCollectionRooms(slice));
  return [{ ...publication, note, verb, versions, recipients, except, to: undefined, retires: false }];
}

export function leftMessage(update: unknown): LeftMessage {
  return { verb: 'left', id: partsOf(update).id };
}

export function enteredMessage(update: unknown): EnteredMessage<unknown> {
  return { verb: 'entered', ...partsOf(update) };
}

function partsOf(update: unknown): Pick<UpdatedMessage<unknown>, 'id' | 'data'> {
  const { id, data } = (update ?? {}) as UpdatedMessage<unknown>;
  return { id, data };
}

/**
 * Makes the messages that a record is in slices no longer. Who watches another slice of the same fields in which it is
 * does not receive them: what such a watcher shows does not tell the two apart.
 *
 * @param present all slices that it is in
 */
export function leftMoves(
  publication: Publication,
  slices: readonly string[],
  present: readonly string[],
): Publication[] {
  const groups = publication.resource.slices.byFields(present);
  return [...publication.resource.slices.byFields(slices)].flatMap(([fields, left]) =>
    moveOf(publication, left, 'left', leftMessage, groups.get(fields)),
  );
}

/** Makes the same message for watchers of further slices, who have not heard it by their other rooms. */
export function alsoTo(publication: Publication, slices: readonly string[]): Publication {
  const { note, verb, resource, recipients, except = [], to = [] } = publication;
  const audiences = [undefined, ...resource.views.audiences];
  const heard = [...to, ...audiences.flatMap((audience) => resource.roomsOf(recipients, audience))];
  return {
    ...publication,
    note: newNote(note.mutation),
    recipients: { verb, ids: [], slices, collection: false },
    except: [...except, ...heard],
    to: undefined,
    retires: false,
  };
}

/** Makes the messages that a record is in slices no longer, where there is no other message about it. */
export function leftPublications(
  resource: Resource,
  id: RecordId,
  slices: readonly string[],
  present: readonly string[],
): Publication[] {
  const verb = 'left';
  const recipients = { verb, ids: [], slices: [], collection: false };
  const nothing = { resource, verb, id, versions: [{ message: { verb, id } }], recipients, note: newNote(undefined) };
  return leftMoves(nothing, slices, present);
}

/** Returns slices without others, each once. */
export function without(slices: readonly string[], others: readonly unknown[]): string[] {
  return [...new Set(slices)].filter((slice) => !others.includes(slice));
}

/** Returns the fields that a publication itself says, or has changed: of the rest, other servers may know more. */
export function ownPartOf({ placed, located }: Publication, now: SliceFields): SliceFields {
  if (!placed?.changed) return now;
  const own = new Set([...placed.changed, ...Object.keys({ ...located?.given, ...located?.record })]);
  return Object.fromEntries(Object.entries(now).filter(([field]) => own.has(field)));
}
