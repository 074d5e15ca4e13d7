import type { Server } from 'socket.io';
import { debugLog } from '../../../common/log.js';
import { eachEngine } from '../../handshakes/engines.js';
import { eachNamespace } from '../../namespaces.js';
import { hastenBroadcasts } from './broadcasts.js';
import {
  type FramedConnection,
  frameOfText,
  Frames,
  frameWriterOf,
  type HeldBackListener,
  MAX_JOINED,
  Turn,
} from './frame-writer.js';

const debug = debugLog('server');

/**
 * Writes the text of a packet to one connection past Engine.IO, as broadcasts are: with all that goes to it in the same
 * turn. It returns false where that is not possible, or would overtake something.
 */
export type WriteText = (connection: FramedConnection, text: string) => boolean;

/** The type of a message in the packets of Engine.IO. */
const MESSAGE = '4';

/**
 * Has a server write each broadcast as one frame, made once, to the websockets on which nothing else is on its way. The
 * frames of one turn of the event loop leave together. Whoever cannot be sent it so is sent it as always.
 *
 * @param onHeldBack is told of connections whose clients do not take it at once
 * @returns what writes to one connection
 */
export function deliverFast(io: Server, onHeldBack: HeldBackListener): WriteText {
  const turn = new Turn();
  eachEngine(io, (engine) => {
    engine.on('flush', ({ transport }: FramedConnection) => transport.socket?.frameWriter?.write());
  });
  eachNamespace(io, (namespace) => {
    const isPossible = hastenBroadcasts(namespace, (connection) => frameWriterOf(connection, turn, onHeldBack));
    debug?.(`${namespace.name}: broadcasts are written ${isPossible ? 'past Engine.IO' : 'as always'}`);
  });
  return (connection, text) => {
    const writer = text.length < MAX_JOINED ? frameWriterOf(connection, turn, onHeldBack) : undefined;
    return writer?.take(new Frames(frameOfText(MESSAGE + text))) ?? false;
  };
}
