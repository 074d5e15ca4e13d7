import type { Socket } from 'socket.io';
import { malformed } from '../request-refusal.js';

/** How `sails.io.js` says which release it is: in the query of its handshake, or in a header. */
const VERSION_FIELD = '__sails_io_sdk_version';

/** The first that sends requests as they are read here. */
const OLDEST = [0, 11, 0] as const;

/** Engine.IO's protocol of Socket.IO 2, which `sails.io.js` brings. */
const OLD_PROTOCOL = 3;

/** Why a client's requests cannot be read, if it is a `sails.io.js` that is too old, or a client of that time that does not say what it is. */
export function refusalOfSdk({ handshake, conn }: Socket): Error | undefined {
  const said = handshake.headers[VERSION_FIELD] ?? handshake.query[VERSION_FIELD];
  if (said === undefined && conn.protocol !== OLD_PROTOCOL) return undefined;
  if (isRecent(String(said))) return undefined;
  return malformed(
    `Requests over the socket need sails.io.js ${OLDEST.join('.')} or later, which names its version in the query of its handshake ` +
      `(${VERSION_FIELD}), or a client of Socket.IO 4.`,
  );
}

function isRecent(version: string): boolean {
  const numbers = /^(\d+)\.(\d+)\.(\d+)/.exec(version)?.slice(1).map(Number);
  if (!numbers) return false;
  const different = OLDEST.findIndex((oldest, index) => numbers[index] !== oldest);
  return different < 0 || numbers[different] > OLDEST[different];
}
