import { sockets } from './connection.js';
import { whenRead } from './messages.js';
import { changed, state } from './state.js';

let visited;
let turn = Promise.resolve();

/** Enters the room of a board, and leaves that of the one before; in turns, so that whoever is quick is in one of them only. */
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

/** A member counts once, however many windows they have open. */
export function followVisitors() {
  sockets.socket.on('presence', ({ room, id, status }) => {
    whenRead(() => {
      if (room !== `board:${state.open.boardId}`) return;
      if (status === 'joined') state.visitors.add(Number(id));
      else state.visitors.delete(Number(id));
      changed();
    });
  });
}
