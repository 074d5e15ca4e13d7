import type { Namespace } from 'socket.io';

interface Options {
  rooms: Iterable<string>;
  except?: Iterable<string>;
  flags?: Record<string, unknown>;
}

/** What adapters that extend Socket.IO's `ClusterAdapter` have. */
interface ClusterAdapterLike extends Record<Moved, (...args: unknown[]) => unknown> {
  broadcast(packet: object, options: Options): unknown;
  publish(message: { type: number; data: object }): unknown;
}

/** How `ClusterAdapter` numbers its messages. */
const BROADCAST = 3;
const MOVES = { addSockets: 4, delSockets: 5, disconnectSockets: 6 } as const;
const ARGUMENTS = { addSockets: 'rooms', delSockets: 'rooms', disconnectSockets: 'close' } as const;

type Moved = keyof typeof MOVES;

/**
 * Lets what gateways emit, or do to sockets, reach those of this server at once. A `ClusterAdapter` waits until its bus
 * has taken the message, so that an outage would delay everybody.
 */
export function deliverLocallyFirst(adapter: Namespace['adapter']): void {
  const own = adapter as unknown as Partial<ClusterAdapterLike>;
  if (typeof own.publish !== 'function' || !('doPublish' in adapter)) return;
  const all = own as ClusterAdapterLike;
  const broadcast = all.broadcast.bind(all);
  all.broadcast = (packet, options) => {
    if (isLocal(options)) return broadcast(packet, options);
    const done = broadcast(packet, locally(options));
    all.publish({ type: BROADCAST, data: { packet, opts: encoded(options) } });
    return done;
  };
  for (const name of Object.keys(MOVES) as Moved[]) {
    const move = all[name].bind(all);
    all[name] = (given, argument) => {
      const options = given as Options;
      if (isLocal(options)) return move(options, argument);
      const done = move(locally(options), argument);
      all.publish({ type: MOVES[name], data: { opts: encoded(options), [ARGUMENTS[name]]: argument } });
      return done;
    };
  }
}

function isLocal({ flags }: Options): boolean {
  return flags?.local === true;
}

function locally(options: Options): Options {
  return { ...options, flags: { ...options.flags, local: true } };
}

function encoded({ rooms, except = [], flags }: Options): object {
  return { rooms: [...rooms], except: [...except], flags };
}
