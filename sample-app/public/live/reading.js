import { sockets } from './connection.js';
import { bufferMessagesDuring } from './messages.js';
import { apply } from './records.js';
import { byId, changed, state } from './state.js';
import { visit } from './visitors.js';

// Reads what the page shows. Reading subscribes: the server sends this page messages about everything it has read.

/** The number of the latest read of a board: an earlier one that is still in flight is dropped. */
let latest = 0;
/** How many boards are being opened. */
let opening = 0;

/**
 * Reads everything, after each connect and reconnect: messages may have been missed, and the new socket has no
 * subscriptions yet.
 */
export function readEverything() {
  return bufferMessagesDuring(async () => {
    const [me, members, boards] = await Promise.all(['/session', '/members', '/boards'].map(get));
    state.me = me.id;
    state.member = byId(members);
    state.board = byId(boards);
    state.open.boardId ??= Number(location.hash.slice(1)) || undefined;
    await openSomeBoard();
    if (state.card.has(state.open.cardId)) await openCard(state.open.cardId);
  });
}

/** Opens a board when the open one was deleted or revoked, or when the first one was created. */
export async function keepOneOpen() {
  if (opening > 0) return;
  const isOpen = state.open.boardId !== undefined;
  if (isOpen ? !state.board.has(state.open.boardId) : state.board.size > 0) await openSomeBoard();
}

/** Opens the board that was open, or the first one if that is gone. */
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
  opening++;
  try {
    await bufferMessagesDuring(() => readWhole(boardId, ++latest));
  } finally {
    opening--;
  }
  changed();
}

async function readWhole(boardId, mine) {
  await visit(boardId);
  if (mine !== latest) return;
  // The cards of the board that was open are of no interest any more.
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

/** Reads the comments of a card. Comments are never deleted, so those that are known already are kept. */
export async function readComments(cardId) {
  const comments = await get(`/cards/${cardId}/comments`);
  if (state.open.cardId !== cardId) return;
  const known = new Map([...state.comment, ...byId(comments)]);
  state.comment = byId([...known.values()].sort((a, b) => a.id - b.id));
  changed();
}

async function read(resource, path) {
  const data = await bufferMessagesDuring(() => get(path));
  apply(resource, { verb: 'created', id: data.id, data });
}

async function get(path) {
  const { body } = await sockets.get(path);
  return body;
}
