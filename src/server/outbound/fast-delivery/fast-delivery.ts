import type { Server } from 'socket.io';
import { debugLog } from '../../../common/log.js';
import { eachEngine } from '../../handshakes/engines.js';
import { eachNamespace } from '../../namespaces.js';
import { hastenBroadcasts } from './broadcasts.js';
import { type FramedConnection, frameWriterOf, type HeldBackListener, Turn } from './frame-writer.js';

const debug = debugLog('server');

/**
 * Has a server write each broadcast as one frame, made once, to the websockets on which nothing else is on its way. The
 * frames of one turn of the event loop leave together. Whoever cannot be sent it so is sent it as always.
 *
 * @param onHeldBack is told of connections whose clients do not take it at once
 */
export function deliverFast(io: Server, onHeldBack: HeldBackListener): void {
  const turn = new Turn();
  eachEngine(io, (engine) => {
    engine.on('flush', ({ transport }: FramedConnection) => transport.socket?.frameWriter?.write());
  });
  eachNamespace(io, (namespace) => {
    const isPossible = hastenBroadcasts(namespace, (connection) => frameWriterOf(connection, turn, onHeldBack));
    debug?.(`${namespace.name}: broadcasts are written ${isPossible ? 'past Engine.IO' : 'as always'}`);
  });
}
