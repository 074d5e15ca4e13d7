import { sockets } from './connection.js';
import { openBoard } from './open-board.js';
import { boards, readAgain, state } from './state.js';

// The actions of the signed-in member. What this page does is not sent to it, but `live` reads again what it concerns.

export async function createBoard(title, isPrivate) {
  const { body } = await sockets.post('/boards', { title, isPrivate });
  await readAgain(boards);
  await openBoard(body.id);
}

export const renameBoard = (title) => sockets.patch('/boards/:id', { title }, { params: { id: state.open.boardId } });

export async function deleteBoard() {
  await sockets.delete('/boards/:id', undefined, { params: { id: state.open.boardId } });
  await readAgain(boards);
}

export async function setMember(memberId, isMember) {
  await sockets.request({
    method: isMember ? 'put' : 'delete',
    url: '/boards/:boardId/members/:memberId',
    params: { ...onBoard(), memberId },
  });
  await readAgain(boards);
}

export const sayHello = () => sockets.post('/boards/:boardId/hello', undefined, { params: onBoard() });

export const createCard = (title, column) =>
  sockets.post('/boards/:boardId/cards', { title, column }, { params: onBoard() });

export const changeCard = (id, changes) =>
  sockets.patch('/boards/:boardId/cards/:id', changes, { params: { ...onBoard(), id } });

export const deleteCard = (id) =>
  sockets.delete('/boards/:boardId/cards/:id', undefined, { params: { ...onBoard(), id } });

export async function moveCard(id, place) {
  if (sockets.state.status !== 'connected') throw new Error('Cards can’t be moved while you are disconnected');
  await state.open.cards.mutate('patch', '/boards/:boardId/cards/:id', place, {
    params: { ...onBoard(), id },
    optimistic: changed(id, () => place),
  });
}

export async function vote(id) {
  const { me } = state;
  const hasVoted = state.card.get(id).voterIds.includes(me);
  await state.open.cards.mutate(hasVoted ? 'delete' : 'put', '/cards/:id/voters/:memberId', undefined, {
    params: { id, memberId: me },
    optimistic: changed(id, ({ voterIds }) => ({
      voterIds: [...voterIds.filter((voterId) => voterId !== me), ...(hasVoted ? [] : [me])],
    })),
  });
}

export async function comment(cardId, text) {
  const { comments } = state.open;
  await sockets.post('/cards/:cardId/comments', { text }, { params: { cardId } });
  await readAgain(comments);
}

/** Shows what will become of a card, which is what it was if the server refuses. */
const changed = (id, change) => (cards) => cards.map((card) => (card.id === id ? { ...card, ...change(card) } : card));

const onBoard = () => ({ boardId: state.open.boardId });
