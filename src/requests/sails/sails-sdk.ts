import type { Socket } from 'socket.io';
import { malformed } from '../request-refusal.js';

/** The field of the handshake's query, or the header, in which `sails.io.js` names its release. */
const VERSION_FIELD = '__sails_io_sdk_version';

/** The first release whose requests have today's form. */
const OLDEST = [0, 11, 0] as const;

/** The version of Engine.IO's protocol in Socket.IO 2, which `sails.io.js` bundles. */
const OLD_PROTOCOL = 3;

/**
 * Refuses the requests of a `sails.io.js` that is too old, and of an equally old client that does not identify itself.
 */
export function sdkRefusal({ handshake, conn }: Socket): Error | undefined {
  const said = handshake.headers[VERSION_FIELD] ?? handshake.query[VERSION_FIELD];
  if (said === undefined && conn.protocol !== OLD_PROTOCOL) return undefined;
  if (isRecent(String(said))) return undefined;
  return malformed(
    `Requests over the socket need sails.io.js ${OLDEST.join('.')} or later, ` +
      'which names its version in the query of its handshake ' +
      `(${VERSION_FIELD}), or a client of Socket.IO 4.`,
  );
}

function isRecent(version: string): boolean {
  const numbers = /^(\d+)\.(\d+)\.(\d+)/.exec(version)?.slice(1).map(Number);
  if (!numbers) return false;
  const different = OLDEST.findIndex((oldest, index) => numbers[index] !== oldest);
  return different < 0 || numbers[different] > OLDEST[different];
}
