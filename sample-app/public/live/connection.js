import { io } from '/socket.io/socket.io.esm.min.js';

export const socket = io({ reconnectionDelayMax: 2000 });

/** 'connected', 'reconnecting' (it keeps trying) or 'offline' (there is nothing to try). */
export function connectionState() {
  if (!navigator.onLine) return 'offline';
  if (socket.connected) return 'connected';
  return socket.active ? 'reconnecting' : 'offline';
}

export function onConnectionChange(listener) {
  for (const event of ['connect', 'disconnect', 'connect_error']) socket.on(event, listener);
  for (const event of ['online', 'offline']) window.addEventListener(event, listener);
}

/** Emits, and awaits the answer. The server answers mistakes, too. */
export async function ask(event, data) {
  const answer = await socket.timeout(5000).emitWithAck(event, data);
  if (answer.statusCode >= 400) throw Object.assign(new Error(answer.message), answer);
  return answer;
}
