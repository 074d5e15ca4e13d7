import { sockets } from './connection.js';
import { holdingMessages } from './messages.js';
import { apply } from './records.js';
import { byId, changed, state } from './state.js';

// To read is to be subscribed: the server tells this page of whatever it has read.

let latest = 0;

/** On each connection, the first and those after a loss: everything is read again, since messages may have been missed, and the new socket is subscribed to nothing yet. */
export function begin() {
  return holdingMessages(async () => {
    const [me, members, boards] = await Promise.all(['/session', '/members', '/boards'].map(get));
    state.me = me.id;
    state.member = byId(members);
    state.board = byId(boards);
    state.open.boardId ??= Number(location.hash.slice(1)) || undefined;
    await openSomeBoard();
    if (state.card.has(state.open.cardId)) await openCard(state.open.cardId);
  });
}

/** When the open board was deleted, or the first one was made. */
export async function keepOneOpen() {
  const isOpen = state.open.boardId !== undefined;
  if (isOpen ? !state.board.has(state.open.boardId) : state.board.size > 0) await openSomeBoard();
}

/** The board that was open, or the first when that one is gone. */
async function openSomeBoard() {
  const boardId = state.board.has(state.open.boardId) ? state.open.boardId : state.board.keys().next().value;
  if (boardId) return openBoard(boardId);
  state.open = {};
  state.card = new Map();
  state.activity = new Map();
  changed();
}

export async function openBoard(boardId) {
  const mine = ++latest;
  await holdingMessages(async () => {
    // Of the cards of a board that is left, nothing more has to come.
    if (state.open.boardId !== boardId) await sockets.unsubscribe('card');
    const [cards, activity] = await Promise.all(['cards', 'activity'].map((what) => get(`/boards/${boardId}/${what}`)));
    if (mine !== latest) return;
    state.card = byId(cards);
    state.activity = byId(activity);
    if (state.open.boardId !== boardId) state.open = { boardId };
    history.replaceState(null, '', `#${boardId}`);
  });
  changed();
}

export async function openCard(cardId) {
  state.open.cardId = cardId;
  state.comment = new Map();
  changed();
  await readComments(cardId);
}

export function closeCard() {
  state.open.cardId = undefined;
  changed();
}

export const readBoard = (id) => read('board', `/boards/${id}`);

export const readCard = (boardId, id) => read('card', `/boards/${boardId}/cards/${id}`);

/** Comments only ever come, so what is known already belongs to the rest. */
export async function readComments(cardId) {
  const comments = await get(`/cards/${cardId}/comments`);
  if (state.open.cardId !== cardId) return;
  const known = new Map([...state.comment, ...byId(comments)]);
  state.comment = byId([...known.values()].sort((a, b) => a.id - b.id));
  changed();
}

async function read(resource, path) {
  const data = await holdingMessages(() => get(path));
  apply(resource, { verb: 'created', id: data.id, data });
}

async function get(path) {
  const { body } = await sockets.get(path);
  return body;
}
