import { sockets } from './connection.js';
import { afterReading } from './messages.js';
import { closeBoard } from './reading.js';
import { changed, state } from './state.js';

/** Removes a board from the page, with everything on it, when this member is no longer allowed to see it. */
export function onBoardRevoked(listener) {
  sockets.onRevoked(({ resource, ids = [] }) => {
    if (resource === 'board') afterReading(() => ids.forEach((id) => removeBoard(id, listener)));
  });
}

function removeBoard(id, listener) {
  const board = state.board.get(id);
  if (!board) return;
  state.board.delete(id);
  if (state.open.boardId === id) closeBoard();
  changed();
  listener(board);
}
