import { changed, state } from './state.js';

/** Where a record keeps the ids of what was added to it. */
const lists = { cards: 'cardIds', comments: 'commentIds', voters: 'voterIds' };

/** What a message says about a record, done to this page's copy. To do it twice does no harm. */
export function apply(resource, { verb, id, data, attribute, addedId, removedId }) {
  const records = state[resource];
  const record = records.get(id);
  if (verb === 'created' && isShown(resource, data)) records.set(id, { ...record, ...data });
  if (verb === 'updated' && record && !isOlder(data, record)) records.set(id, { ...record, ...data });
  if (verb === 'destroyed') records.delete(id);
  if (verb === 'addedTo') editList(record, attribute, (ids) => ids.add(addedId));
  if (verb === 'removedFrom') editList(record, attribute, (ids) => ids.delete(removedId));
  changed();
}

/** The answer to this page's own change may come after the message about somebody's later one. */
const isOlder = (data, record) => data.version < record.version;

/** What was asked for may come when another board, or another card, is open. */
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
