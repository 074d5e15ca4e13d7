import type { Socket } from 'socket.io-client';

/** What stands in the handshake's `auth`: of a function, what it says now. */
export function credentialsOf({ auth }: Socket): Promise<object> {
  return new Promise((resolve) => {
    if (typeof auth === 'function') auth(resolve);
    else resolve(auth);
  });
}

/** Whether somebody can be asked for newer ones. */
export function hasNewer({ auth }: Socket): boolean {
  return typeof auth === 'function';
}
