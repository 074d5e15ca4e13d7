import type { RecordId, ResourceMessage } from '../../../protocol/resource-message.js';
import type { ReverseMessage, ReverseMessages } from '../../relations/reverse-messages.js';
import { messageOf, newNote, type Change, type Publication } from '../publication.js';

/** Adds the messages for records on the other side of relations, before and after the record's own, in Sails' order. */
export class ReversePublications {
  constructor(private readonly messages: ReverseMessages) {}

  add(change: Change, own: readonly Publication[]): Publication[] {
    if (change.options.noReverse) return [...own];
    const follow = (messages: ReverseMessage[]): Publication[] =>
      messages.map((message) => reversePublication(change, message));
    const { messages } = this;
    const { resource, options } = change;
    switch (change.kind) {
      case 'created': {
        const { id, record } = change;
        return [
          ...follow(messages.ofCreate(resource, id, record)),
          ...own,
          ...follow(messages.ofMoveOnCreate(resource, id, record, options.movedFrom)),
        ];
      }
      case 'updated':
        return [...follow(messages.ofUpdate(resource, change.id, change.record, change.previous)), ...own];
      case 'destroyed':
        return [...own, ...follow(messages.ofDestroy(resource, change.id, change.previous))];
      case 'addedTo':
      case 'removedFrom':
      case 'replaced': {
        const { id, attribute } = change;
        const [added, removed] = [membersIn(own, 'addedTo'), membersIn(own, 'removedFrom')];
        const addedIds = added.map(([, childId]) => childId);
        return [
          ...added.flatMap(([one, child]) => [one, ...follow(messages.ofAdd(resource, id, attribute, child))]),
          ...follow(messages.ofMove(resource, id, attribute, addedIds, options.movedFrom)),
          ...removed.flatMap(([one, child]) => [one, ...follow(messages.ofRemove(resource, id, attribute, child))]),
        ];
      }
      case 'custom':
      case 'raw':
        break;
    }
    return [...own];
  }
}

/** Addresses a reverse message. Extra rooms (`to`) get the record's own message only. */
function reversePublication({ options }: Change, { resource, message }: ReverseMessage): Publication {
  const { verb, id } = message;
  return {
    resource,
    verb,
    id,
    versions: [{ message }],
    recipients: { verb, ids: [id], slices: [], collection: true },
    note: newNote(options.mutation),
    answer: options.answer,
    isReverse: true,
    // A reverse message may say which record this one belongs to now, and so which slice it is in.
    evidence: message.verb === 'updated' ? { record: message.data } : undefined,
  };
}

/** Returns the publications with this verb, each with the id of the record that joined or left the collection. */
function membersIn(own: readonly Publication[], verb: 'addedTo' | 'removedFrom'): Array<[Publication, RecordId]> {
  return own
    .filter((publication) => publication.verb === verb)
    .map((publication) => {
      const message = messageOf(publication) as Extract<ResourceMessage, { verb: 'addedTo' | 'removedFrom' }>;
      return [publication, message.verb === 'addedTo' ? message.addedId : message.removedId];
    });
}
