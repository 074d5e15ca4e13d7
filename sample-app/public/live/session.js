import { sockets } from './connection.js';

// Signs in and out over HTTP, so that the browser gets the session cookie. Scripts can't read it, sockets send it.

export async function signIn(name, password) {
  await ask('POST', { name, password });
  sockets.connect();
}

/** Signs out. The server closes the connections of this window and of all others with the same session. */
export const signOut = () => ask('DELETE');

/** Calls the listener when the server refuses the connection because nobody is signed in. */
export function onSignedOut(listener) {
  sockets.onState(({ status, reason }) => {
    if (status !== 'closed') return;
    // The server gives the reason when the page tries to connect again.
    if (reason?.code === 'CLOSED_BY_SERVER') sockets.connect();
    if (reason?.statusCode === 401) listener();
  });
}

async function ask(method, body) {
  const headers = { 'Content-Type': 'application/json' };
  const response = await fetch('/session', { method, headers, body: body && JSON.stringify(body) }).catch(() => {
    throw new Error('The server can’t be reached');
  });
  if (!response.ok) throw new Error([(await response.json()).message].flat().join(', '));
}
