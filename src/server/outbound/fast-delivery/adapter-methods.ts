import { EventEmitter } from 'node:events';
import type { Namespace, Socket } from 'socket.io';

/** Whom an adapter is to do something with. */
export interface ApplyOptions {
  rooms: ReadonlySet<string>;
  except?: ReadonlySet<string>;
}

/** How a packet is to be sent. */
export interface PacketOptions {
  volatile?: boolean;
  /** The frame of a websocket that holds the packet: its head, and its payload. */
  wsPreEncodedFrame?: readonly Uint8Array[];
}

/**
 * The parts of Socket.IO's own adapter by which every broadcast goes, whatever extends it: it encodes the packet, and
 * applies a callback to each socket, which writes it.
 */
export interface AdapterMethods {
  readonly encoder: { encode(packet: object): unknown[] };
  broadcast(packet: object, options: object): void;
  _encode: (this: AdapterMethods, packet: { id?: number }, options: PacketOptions) => unknown[];
  apply(options: ApplyOptions, write: (socket: Socket) => void): void;
}

const NAMES = ['broadcast', '_encode', 'apply'] as const;

/**
 * Returns an adapter's own parts, if they are those of Socket.IO and do what is expected of them: an adapter of another
 * kind, and one of a later version, may broadcast in another way.
 */
export function broadcastingMethodsOf(adapter: Namespace['adapter']): AdapterMethods | undefined {
  const base = basePrototypeOf(adapter);
  if (!NAMES.every((name) => typeof base[name] === 'function')) return undefined;
  const methods = adapter as unknown as AdapterMethods;
  const areOwn = methods._encode === base._encode && methods.apply === base.apply;
  return areOwn && encodesAndApplies(base as AdapterMethods) ? methods : undefined;
}

/**
 * Tells whether an adapter frames each text as this does: then a frame may be made in one piece. It is tried with
 * nothing behind it.
 */
export function framesTexts(encode: AdapterMethods['_encode'], frameOf: (text: string) => Buffer): boolean {
  return [1, 200, 70_000].every((length) => {
    const text = '\u00e9'.repeat(length);
    const options: PacketOptions = {};
    encode.call({ encoder: { encode: () => [text] } } as unknown as AdapterMethods, {}, options);
    return options.wsPreEncodedFrame && Buffer.concat(options.wsPreEncodedFrame).equals(frameOf(`4${text}`));
  });
}

/** Returns the prototype of the class that extends Node's `EventEmitter`. */
function basePrototypeOf(adapter: object): Partial<AdapterMethods> {
  let prototype = Object.getPrototypeOf(adapter) as object;
  for (;;) {
    const parent = Object.getPrototypeOf(prototype) as object | null;
    if (!parent || parent === EventEmitter.prototype) return prototype;
    prototype = parent;
  }
}

/** Tries a broadcast with nobody and nothing behind it. */
function encodesAndApplies(methods: AdapterMethods): boolean {
  const encoded = ['2["tried"]'];
  const steps: unknown[] = [];
  const adapter = {
    nsp: { name: '/' },
    _encode(_packet: object, options: object) {
      steps.push(options);
      return encoded;
    },
    apply(_options: object, write: (socket: object) => void) {
      write({ client: { writeToEngine: (...written: unknown[]) => steps.push(...written) } });
    },
  };
  try {
    methods.broadcast.call(adapter, { type: 2, data: ['tried'] }, { rooms: new Set(), except: new Set() });
  } catch {
    return false;
  }
  const [options, packets, same, ...rest] = steps;
  return packets === encoded && same === options && rest.length === 0;
}
