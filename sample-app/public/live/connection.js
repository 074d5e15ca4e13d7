import { connect } from 'nestjs-sockets/client';

/** All requests but those to sign in and out go over this, and all messages come by it. */
export const sockets = connect({ reconnectionDelayMax: 2000 });

/** 'connecting', 'connected', 'reconnecting' (it keeps trying) or 'offline' (there is nothing to try). */
export function connectionState() {
  if (!navigator.onLine || sockets.state.status === 'closed') return 'offline';
  return sockets.state.status;
}

export function onConnectionChange(listener) {
  sockets.onState(listener);
  for (const event of ['online', 'offline']) window.addEventListener(event, listener);
}
