import { sockets } from './connection.js';
import { changed, state } from './state.js';

/** Milliseconds after which somebody who has stopped typing is no longer shown as typing. */
const pause = 4000;
/** Milliseconds between two signals. The server accepts ten a second. */
const interval = 1000;

let lastSent = 0;
const timers = new Map();

/** Signals that this member is typing. The server relays it to the others on the board, and stores nothing. */
export function sendTyping(place) {
  if (Date.now() - lastSent < interval) return;
  lastSent = Date.now();
  emit(place);
}

export function sendPause() {
  lastSent = 0;
  emit({});
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

const emit = (place) => sockets.socket.volatile.emit('typing', { boardId: state.open.boardId, ...place });

function forget(memberId) {
  state.typing.delete(memberId);
  changed();
}
