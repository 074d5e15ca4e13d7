import { changed, state } from './state.js';

/** The fields in which records keep the ids of what was added to them. */
const lists = { cards: 'cardIds', comments: 'commentIds', voters: 'voterIds', members: 'memberIds' };

/** Applies a message to this page's copy of a record. Applying it twice does no harm. */
export function apply(resource, { verb, id, data, attribute, addedId, removedId }) {
  const records = state[resource];
  const record = records.get(id);
  if (comes(verb) && isShown(resource, data)) records.set(id, { ...record, ...data });
  if (verb === 'updated' && record && !isOlder(data, record)) replace(resource, { ...record, ...data });
  if (verb === 'destroyed' || verb === 'left') records.delete(id);
  if (verb === 'addedTo') editList(record, attribute, (ids) => ids.add(addedId));
  if (verb === 'removedFrom') editList(record, attribute, (ids) => ids.delete(removedId));
  changed();
}

/** A card that comes from another board is as new here as one that was created. */
const comes = (verb) => verb === 'created' || verb === 'entered';

/** Replaces a record, or removes it: a card may have been moved to another board. */
function replace(resource, record) {
  if (isShown(resource, record)) state[resource].set(record.id, record);
  else state[resource].delete(record.id);
}

/** The response to this page's own change may arrive after the message about somebody else's later one. */
const isOlder = (data, record) => data.version < record.version;

/** By the time a response arrives, another board, or another card, may be open. */
function isShown(resource, record) {
  if (resource === 'card' || resource === 'activity') return record.boardId === state.open.boardId;
  if (resource === 'comment') return record.cardId === state.open.cardId;
  return true;
}

function editList(record, attribute, edit) {
  const name = lists[attribute];
  if (!record || !name) return;
  const ids = new Set(record[name]);
  edit(ids);
  record[name] = [...ids];
}
