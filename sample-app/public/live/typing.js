import { sockets } from './connection.js';
import { changed, state } from './state.js';

/** Who has not typed for so many milliseconds is not typing. */
const pause = 4000;
/** No more often than this: the server takes ten signals a second. */
const interval = 1000;

let lastTold = 0;
const timers = new Map();

/** From page to page: the server passes it on to those who look at the board, and keeps nothing. */
export function tellTyping(place) {
  if (Date.now() - lastTold < interval) return;
  lastTold = Date.now();
  tell(place);
}

export function tellPause() {
  lastTold = 0;
  tell({});
}

export function followTyping() {
  sockets.socket.on('typing', ({ cardId, column }, { user }) => {
    const memberId = Number(user);
    state.typing.set(memberId, { cardId, column });
    clearTimeout(timers.get(memberId));
    timers.set(memberId, setTimeout(forget, pause, memberId));
    changed();
  });
}

const tell = (place) => sockets.socket.volatile.emit('typing', { boardId: state.open.boardId, ...place });

function forget(memberId) {
  state.typing.delete(memberId);
  changed();
}
