import { ask } from './connection.js';
import { holdMessages, releaseMessages } from './messages.js';
import { get } from './requests.js';
import { byId, changed, state } from './state.js';

let latest = 0;

/** On each connection, the first and those after a loss: everything is read again, since messages may have been missed. */
export async function begin() {
  state.member = byId(await get('/members'));
  state.board = byId(await get('/boards'));
  const remembered = Number(localStorage.getItem('member'));
  state.me ??= state.member.has(remembered) ? remembered : state.member.keys().next().value;
  state.open.boardId ??= Number(location.hash.slice(1)) || undefined;
  await openSomeBoard();
  if (state.card.has(state.open.cardId)) await openCard(state.open.cardId);
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

/** Subscribes first and reads then, so that nothing is lost between the two. */
export async function openBoard(boardId) {
  const mine = ++latest;
  holdMessages();
  try {
    await ask('open board', { boardId });
    const paths = ['/boards', `/boards/${boardId}/cards`, `/boards/${boardId}/activity`];
    const [boards, cards, activity] = await Promise.all(paths.map(get));
    if (mine !== latest) return;
    state.board = byId(boards);
    state.card = byId(cards);
    state.activity = byId(activity);
    if (state.open.boardId !== boardId) state.open = { boardId };
    history.replaceState(null, '', `#${boardId}`);
  } finally {
    if (mine === latest) releaseMessages();
  }
  changed();
}

export async function openCard(cardId) {
  state.open.cardId = cardId;
  state.comment = new Map();
  changed();
  const comments = await get(`/cards/${cardId}/comments`);
  // Comments only ever come, so those that came meanwhile belong to the rest.
  if (state.open.cardId === cardId) state.comment = new Map([...byId(comments), ...state.comment]);
  changed();
}

export function closeCard() {
  state.open.cardId = undefined;
  changed();
}
