import { sockets } from './connection.js';
import { openBoard } from './open-board.js';
import { boards, changed, readAgain, state } from './state.js';

// The actions of the signed-in member. What this page does is not sent to it, but `live` reads again what it concerns.

export async function createBoard(title, isPrivate) {
  const { body } = await sockets.post('/boards', { title, isPrivate });
  await readAgain(boards);
  await openBoard(body.id);
}

export const renameBoard = (title) => sockets.patch(boardPath(), { title });

export async function deleteBoard() {
  await sockets.delete(boardPath());
  await readAgain(boards);
}

export async function setMember(memberId, isMember) {
  const path = `${boardPath()}/members/${memberId}`;
  await (isMember ? sockets.put(path) : sockets.delete(path));
  await readAgain(boards);
}

export const sayHello = () => sockets.post(`${boardPath()}/hello`);

export const createCard = (title, column) => sockets.post(`${boardPath()}/cards`, { title, column });

export const changeCard = (id, changes) => sockets.patch(cardPath(id), changes);

export const deleteCard = (id) => sockets.delete(cardPath(id));

/** Moves a card on this page at once, and then on the server. If the server refuses, it is where it was. */
export async function moveCard(id, place) {
  if (sockets.state.status !== 'connected') throw new Error('Cards can’t be moved while you are disconnected');
  const { cards } = state.open;
  const path = cardPath(id);
  state.moved.set(id, place);
  changed();
  try {
    await inTurn(async () => {
      await sockets.patch(path, place);
      await readAgain(cards);
    });
  } finally {
    // A later move of the same card still counts.
    if (state.moved.get(id) === place) state.moved.delete(id);
    changed();
  }
}

export const vote = (id) =>
  inTurn(async () => {
    const path = `/cards/${id}/voters/${state.me}`;
    await (state.card.get(id).voterIds.includes(state.me) ? sockets.delete(path) : sockets.put(path));
    await readAgain(state.open.cards);
  });

export async function comment(cardId, text) {
  const { comments } = state.open;
  await sockets.post(`/cards/${cardId}/comments`, { text });
  await readAgain(comments);
}

/** Resolves after the last change that was made in turn: two in flight could arrive in either order. */
let last = Promise.resolve();

function inTurn(change) {
  last = last.catch(() => {}).then(change);
  return last;
}

const boardPath = () => `/boards/${state.open.boardId}`;
const cardPath = (id) => `${boardPath()}/cards/${id}`;
