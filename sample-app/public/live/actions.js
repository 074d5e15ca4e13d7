import { sockets } from './connection.js';
import { openBoard } from './open-board.js';
import { boards, readAgain, state } from './state.js';

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

export async function moveCard(id, place) {
  if (sockets.state.status !== 'connected') throw new Error('Cards can’t be moved while you are disconnected');
  await changeAtOnce('patch', cardPath(id), place, id, () => place);
}

export async function vote(id) {
  const { me } = state;
  const hasVoted = state.card.get(id).voterIds.includes(me);
  await changeAtOnce(hasVoted ? 'delete' : 'put', `/cards/${id}/voters/${me}`, undefined, id, ({ voterIds }) => ({
    voterIds: [...voterIds.filter((voterId) => voterId !== me), ...(hasVoted ? [] : [me])],
  }));
}

export async function comment(cardId, text) {
  const { comments } = state.open;
  await sockets.post(`/cards/${cardId}/comments`, { text });
  await readAgain(comments);
}

/** Shows what will become of a card, which is what it was if the server refuses. */
function changeAtOnce(method, path, data, id, change) {
  const optimistic = (cards) => cards.map((card) => (card.id === id ? { ...card, ...change(card) } : card));
  return state.open.cards.mutate(method, path, data, { optimistic });
}

const boardPath = () => `/boards/${state.open.boardId}`;
const cardPath = (id) => `${boardPath()}/cards/${id}`;
