import { sockets } from './connection.js';

// Over HTTP, so that it is the browser that gets the session's cookie. No script can read it; sockets connect with it.

export async function signIn(name, password) {
  await ask('POST', { name, password });
  sockets.connect();
}

/** The server ends the connection, of this window and of all others with this session. */
export const signOut = () => ask('DELETE');

/** Says when the server lets nobody in without signing in. */
export function onSignedOut(listener) {
  sockets.onState(({ status, reason }) => {
    if (status !== 'closed') return;
    // Why, it says to whoever tries again.
    if (reason?.code === 'CLOSED_BY_SERVER') sockets.connect();
    if (reason?.statusCode === 401) listener();
  });
}

async function ask(method, body) {
  const headers = { 'Content-Type': 'application/json' };
  const response = await fetch('/session', { method, headers, body: body && JSON.stringify(body) }).catch(() => {
    throw new Error('The server cannot be reached');
  });
  if (!response.ok) throw new Error([(await response.json()).message].flat().join(', '));
}
