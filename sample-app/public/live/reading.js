import { sockets } from './connection.js';
import { holdingMessages } from './messages.js';
import { apply } from './records.js';
import { byId, changed, state } from './state.js';
import { visit } from './visitors.js';

// To read is to be subscribed: the server tells this page of whatever it has read.

let latest = 0;
/** How many boards are being opened. */
let underway = 0;

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

/** When the open board was deleted or taken away, or the first one was made. */
export async function keepOneOpen() {
  if (underway > 0) return;
  const isOpen = state.open.boardId !== undefined;
  if (isOpen ? !state.board.has(state.open.boardId) : state.board.size > 0) await openSomeBoard();
}

/** The board that was open, or the first when that one is gone. */
async function openSomeBoard() {
  const boardId = state.board.has(state.open.boardId) ? state.open.boardId : state.board.keys().next().value;
  if (boardId) return openBoard(boardId);
  closeBoard();
}

export function closeBoard() {
  state.open = {};
  state.card = new Map();
  state.activity = new Map();
  state.visitors = new Set();
  changed();
}

export async function openBoard(boardId) {
  underway++;
  try {
    await holdingMessages(() => readWhole(boardId, ++latest));
  } finally {
    underway--;
  }
  changed();
}

async function readWhole(boardId, mine) {
  await visit(boardId);
  if (mine !== latest) return;
  // Of the cards of a board that is left, nothing more has to come.
  if (state.open.boardId !== boardId) await sockets.unsubscribe('card');
  const parts = ['cards', 'activity', 'visitors'].map((what) => get(`/boards/${boardId}/${what}`));
  const [cards, activity, visitors] = await Promise.all(parts);
  if (mine !== latest) return;
  state.card = byId(cards);
  state.activity = byId(activity);
  state.visitors = new Set(visitors.map(({ id }) => Number(id)));
  state.typing.clear();
  if (state.open.boardId !== boardId) state.open = { boardId };
  history.replaceState(null, '', `#${boardId}`);
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
