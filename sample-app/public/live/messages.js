import { socket } from './connection.js';
import { changed, state } from './state.js';

/** Where a record keeps the ids of what was added to it. */
const lists = { cards: 'cardIds', comments: 'commentIds', voters: 'voterIds' };

/** Messages that came while the board was read; undefined when it is not. */
let held;

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

/** From now on messages wait: the page reads, and what it reads may be older than they are. */
export function holdMessages() {
  held = [];
}

export function releaseMessages() {
  const waiting = held ?? [];
  held = undefined;
  for (const [resource, message] of waiting) receive(resource, message);
}

export function onMessages() {
  for (const resource of ['board', 'card', 'comment', 'activity']) {
    socket.on(resource, (message) => receive(resource, message));
  }
}

function receive(resource, message) {
  if (held) return held.push([resource, message]);
  if (resource === 'card') state.news.add(message.id);
  apply(resource, message);
}

/** The answer to this page's own change may come after the message about somebody's later one. */
const isOlder = (data, record) => data.version < record.version;

/** The page watches the cards of all boards and shows those of one. */
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
