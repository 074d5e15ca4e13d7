import { socket } from './connection.js';
import { apply } from './messages.js';
import { patch, post, put, remove } from './requests.js';
import { openBoard } from './session.js';
import { state } from './state.js';

// What the member of this page does. The server tells everybody else; this page takes the answer as its own message.

export async function createBoard(title) {
  const data = await post('/boards', { title });
  apply('board', { verb: 'created', id: data.id, data });
  await openBoard(data.id);
}

export async function renameBoard(title) {
  const data = await patch(boardPath(), { title });
  apply('board', { verb: 'updated', id: data.id, data });
}

export async function deleteBoard() {
  const { id } = await remove(boardPath());
  apply('board', { verb: 'destroyed', id });
}

export const sayHello = () => post(`${boardPath()}/hello`);

export async function createCard(title, column) {
  const data = await post(`${boardPath()}/cards`, { title, column });
  apply('card', { verb: 'created', id: data.id, data });
  apply('board', { verb: 'addedTo', id: data.boardId, attribute: 'cards', addedId: data.id });
}

export async function changeCard(id, changes) {
  const data = await patch(cardPath(id), changes);
  apply('card', { verb: 'updated', id, data });
}

/** Moves go to the server one after the other: two on their way at once might arrive in either order. */
let lastMove = Promise.resolve();

/** The card is where it was dropped at once; if the server refuses, the board is read again. */
export async function moveCard(id, place) {
  if (!socket.connected) throw new Error('No card moves while the server is away');
  apply('card', { verb: 'updated', id, data: place });
  const path = cardPath(id);
  const move = lastMove.catch(() => {}).then(() => patch(path, place));
  lastMove = move;
  try {
    const data = await move;
    // The answer to the last move holds for those before it; theirs would draw the card back for a moment.
    if (move === lastMove) apply('card', { verb: 'updated', id, data });
  } catch (error) {
    await openBoard(state.open.boardId);
    throw error;
  }
}

export async function deleteCard(id) {
  const { boardId } = await remove(cardPath(id));
  apply('card', { verb: 'destroyed', id });
  apply('board', { verb: 'removedFrom', id: boardId, attribute: 'cards', removedId: id });
}

export async function vote(id) {
  const voter = { id, attribute: 'voters', addedId: state.me, removedId: state.me };
  const path = `/cards/${id}/voters/${state.me}`;
  if (state.card.get(id).voterIds.includes(state.me)) {
    await remove(path);
    apply('card', { verb: 'removedFrom', ...voter });
  } else {
    await put(path);
    apply('card', { verb: 'addedTo', ...voter });
  }
}

export async function comment(cardId, text) {
  const data = await post(`/cards/${cardId}/comments`, { text });
  apply('comment', { verb: 'created', id: data.id, data });
  apply('card', { verb: 'addedTo', id: cardId, attribute: 'comments', addedId: data.id });
}

const boardPath = () => `/boards/${state.open.boardId}`;
const cardPath = (id) => `${boardPath()}/cards/${id}`;
