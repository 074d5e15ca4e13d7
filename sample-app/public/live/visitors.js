import { sockets } from './connection.js';
import { afterReading } from './messages.js';
import { changed, state } from './state.js';

let visited;
let turn = Promise.resolve();

/**
 * Enters the room of a board, and leaves that of the previous one. Calls run one after another, so that switching
 * boards quickly doesn't leave the page in two rooms.
 */
export function visit(boardId) {
  turn = turn
    .catch(() => {})
    .then(async () => {
      if (visited !== undefined && visited !== boardId) await sockets.delete(`/boards/${visited}/visit`);
      visited = boardId;
      await sockets.put(`/boards/${boardId}/visit`);
    });
  return turn;
}

/** Follows who is viewing the open board. A member counts once, however many windows they have open. */
export function followVisitors() {
  sockets.socket.on('presence', ({ room, id, status }) => {
    afterReading(() => {
      if (room !== `board:${state.open.boardId}`) return;
      if (status === 'joined') state.visitors.add(Number(id));
      else state.visitors.delete(Number(id));
      changed();
    });
  });
}
