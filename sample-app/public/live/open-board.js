import { sockets } from './connection.js';
import { activityOf, boards, cardsOf, changed, commentsOf, members, readAgain, state, visitorsOf } from './state.js';

/** The number of the board that is opened last: an earlier one that is still being read is dropped. */
let latest = 0;
/** How many boards are being opened. */
let opening = 0;
/**
 * What was read last. It is open as soon as all of it is there.
 *
 * @type {import('./state.js').Open}
 */
let newest = {};

export async function openBoard(boardId) {
  // Opened once more, it would lose the card that is opened meanwhile.
  if (boardId === state.open.boardId && opening === 0) return;
  const mine = ++latest;
  opening++;
  try {
    await readBoard(boardId, () => mine === latest);
  } catch (error) {
    if (mine === latest) closeBoard();
    throw error;
  } finally {
    opening--;
  }
  changed();
}

async function readBoard(boardId, isWanted) {
  // First, since cards are watched until nothing shows any.
  state.open.cards?.close();
  await visit(boardId);
  if (!isWanted()) return;
  const [cards, activity, visitors] = [cardsOf(boardId), activityOf(boardId), visitorsOf(boardId)];
  const queries = [cards, activity, visitors];
  newest = { boardId, cards, activity, visitors };
  const opened = newest;
  for (const live of queries) live.subscribe(changed);
  await Promise.all([members, ...queries].map((live) => live.ready()));
  if (!isWanted()) return queries.forEach((live) => live.close());
  closeBoard();
  state.open = opened;
  history.replaceState(null, '', `#${boardId}`);
}

function closeBoard() {
  for (const query of ['cards', 'activity', 'visitors', 'comments']) state.open[query]?.close();
  state.open = {};
}

/** Opens a board when the open one was deleted or revoked, or when there is a first one. */
export async function keepOneOpen() {
  if (opening > 0 || boards.status !== 'live') return;
  if (!state.board.has(state.open.boardId)) closeBoard();
  const known = Number(location.hash.slice(1));
  const next = state.board.has(known) ? known : boards.data[0]?.id;
  if (next && !state.open.boardId) await openBoard(next);
}

export function openCard(cardId) {
  const comments = commentsOf(cardId);
  comments.subscribe(changed);
  Object.assign(state.open, { cardId, comments });
  changed();
}

export function closeCard() {
  state.open.comments?.close();
  Object.assign(state.open, { cardId: undefined, comments: undefined });
  changed();
}

let visited;
let turn = Promise.resolve();

/**
 * Enters the room of a board, and leaves that of the previous one. Calls run one after another, so that switching
 * boards quickly doesn't leave the page in two rooms.
 */
function visit(boardId) {
  turn = turn
    .catch(() => {})
    .then(async () => {
      if (visited !== undefined && visited !== boardId) {
        await sockets.delete('/boards/:boardId/visit', undefined, { params: { boardId: visited } });
      }
      visited = boardId;
      await sockets.put('/boards/:boardId/visit', undefined, { params: { boardId } });
    });
  return turn;
}

/** Enters the room again after each reconnect, if the board is still there. */
export async function visitAgain() {
  await boards.ready();
  if (!state.board.has(visited)) return;
  await visit(visited);
  await readAgain(newest.visitors);
}

/** Reads again what nobody is subscribed to: a message in the room of the board says that there is something new. */
export function followRoom() {
  sockets.socket.on('presence', ({ room }) => room === `board:${newest.boardId}` && readAgain(newest.visitors));
  sockets.on('activity', (message) => {
    if (message.verb === 'created' && message.data.boardId === newest.boardId) void readAgain(newest.activity);
  });
  sockets.on('card', (message) => {
    state.justChanged.add(message.id);
    const isComment = message.verb === 'addedTo' && message.attribute === 'comments';
    if (isComment && message.id === state.open.cardId) void readAgain(state.open.comments);
  });
  // Private boards of one's own, and those that one is let into, are published to oneself.
  sockets.on('member', (message) => {
    if (message.verb === 'addedTo' && message.attribute === 'boards') void readAgain(boards);
  });
}
