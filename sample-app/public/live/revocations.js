import { sockets } from './connection.js';
import { whenRead } from './messages.js';
import { closeBoard } from './reading.js';
import { changed, state } from './state.js';

/** A board that this member is put out of leaves the page at once, with everything on it. */
export function onBoardRevoked(listener) {
  sockets.onRevoked(({ resource, ids = [] }) => {
    if (resource === 'board') whenRead(() => ids.forEach((id) => takeAway(id, listener)));
  });
}

function takeAway(id, listener) {
  const board = state.board.get(id);
  if (!board) return;
  state.board.delete(id);
  if (state.open.boardId === id) closeBoard();
  changed();
  listener(board);
}
