import { sockets } from './connection.js';
import { openBoard } from './reading.js';
import { apply } from './records.js';
import { state } from './state.js';

// The actions of the signed-in member. The server tells everyone else; this page applies the response itself.

export async function createBoard(title, isPrivate) {
  const { body: data } = await sockets.post('/boards', { title, isPrivate });
  apply('board', { verb: 'created', id: data.id, data });
  await openBoard(data.id);
}

export async function renameBoard(title) {
  const { body: data } = await sockets.patch(boardPath(), { title });
  apply('board', { verb: 'updated', id: data.id, data });
}

export async function deleteBoard() {
  const { body: data } = await sockets.delete(boardPath());
  apply('board', { verb: 'destroyed', id: data.id });
}

export async function setMember(memberId, isMember) {
  const { boardId } = state.open;
  const path = `/boards/${boardId}/members/${memberId}`;
  await (isMember ? sockets.put(path) : sockets.delete(path));
  const verb = isMember ? 'addedTo' : 'removedFrom';
  apply('board', { verb, id: boardId, attribute: 'members', addedId: memberId, removedId: memberId });
}

export const sayHello = () => sockets.post(`${boardPath()}/hello`);

export async function createCard(title, column) {
  const { body: data } = await sockets.post(`${boardPath()}/cards`, { title, column });
  apply('card', { verb: 'created', id: data.id, data });
  apply('board', { verb: 'addedTo', id: data.boardId, attribute: 'cards', addedId: data.id });
}

export async function changeCard(id, changes) {
  const { body: data } = await sockets.patch(cardPath(id), changes);
  apply('card', { verb: 'updated', id, data });
}

export async function moveToBoard(id, boardId) {
  const from = state.open.boardId;
  await changeCard(id, { boardId });
  apply('board', { verb: 'removedFrom', id: from, attribute: 'cards', removedId: id });
  apply('board', { verb: 'addedTo', id: boardId, attribute: 'cards', addedId: id });
}

/** Resolves after the last move. Moves are sent one at a time, since two in flight could arrive in either order. */
let lastMove = Promise.resolve();

/** Moves a card on this page at once, and then on the server. If the server refuses, the board is read again. */
export async function moveCard(id, place) {
  if (sockets.state.status !== 'connected') throw new Error('Cards can’t be moved while you are disconnected');
  apply('card', { verb: 'updated', id, data: place });
  const path = cardPath(id);
  const move = lastMove.catch(() => {}).then(() => sockets.patch(path, place));
  lastMove = move;
  try {
    const { body: data } = await move;
    // Only the response to the last move counts: those to earlier moves would pull the card back for a moment.
    if (move === lastMove) apply('card', { verb: 'updated', id, data });
  } catch (error) {
    await openBoard(state.open.boardId);
    throw error;
  }
}

export async function deleteCard(id) {
  const { body: data } = await sockets.delete(cardPath(id));
  apply('card', { verb: 'destroyed', id });
  apply('board', { verb: 'removedFrom', id: data.boardId, attribute: 'cards', removedId: id });
}

export async function vote(id) {
  const voter = { id, attribute: 'voters', addedId: state.me, removedId: state.me };
  const path = `/cards/${id}/voters/${state.me}`;
  if (state.card.get(id).voterIds.includes(state.me)) {
    await sockets.delete(path);
    apply('card', { verb: 'removedFrom', ...voter });
  } else {
    await sockets.put(path);
    apply('card', { verb: 'addedTo', ...voter });
  }
}

export async function comment(cardId, text) {
  const { body: data } = await sockets.post(`/cards/${cardId}/comments`, { text });
  apply('comment', { verb: 'created', id: data.id, data });
  apply('card', { verb: 'addedTo', id: cardId, attribute: 'comments', addedId: data.id });
}

const boardPath = () => `/boards/${state.open.boardId}`;
const cardPath = (id) => `${boardPath()}/cards/${id}`;
