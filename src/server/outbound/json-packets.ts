import type { Namespace, Server, Socket } from 'socket.io';
import { Json } from '../../common/json.js';
import { Slot, serverState } from '../state.js';

/** The types of an event and an acknowledgement in Socket.IO's packets. */
const EVENT = 2;
const ACKNOWLEDGEMENT = 3;

/** Whether a server sends JSON as it was written. */
const writes = new Slot(() => false);

/** A packet, as Socket.IO hands it to its encoder. */
interface Packet {
  type: number;
  nsp: string;
  id?: number;
  data?: unknown;
}

/**
 * An event whose arguments are JSON already, and are read only where somebody asks for them, such as a listener. It is
 * of a class, since an object with a getter of its own gets a shape of its own, which keeps the arguments for long.
 */
class EventPacket implements Packet {
  readonly type = EVENT;
  private read: unknown[] | undefined;

  constructor(
    public nsp: string,
    private readonly event: string,
    private readonly args: readonly Json[],
  ) {}

  get data(): unknown[] {
    return (this.read ??= dataOf(this.event, this.args));
  }

  /** `undefined` where somebody has read them, and may have changed them, such as an adapter that adds to them. */
  get written(): string | undefined {
    if (this.read) return undefined;
    // Not joined: that would copy a large text, which is copied once more into its frame.
    return this.args.reduce((written, { text }) => `${written},${text}`, `[${JSON.stringify(this.event)}`) + ']';
  }
}

interface Encoder {
  encode(packet: Packet): unknown[];
}

/** Whom an event goes to: the members of some rooms, but not those of others. */
interface Recipients {
  rooms: readonly string[];
  except?: readonly string[];
}

/** Writes the text of a packet to a connection past Engine.IO; false where that is not possible. */
type WriteText = (connection: Socket['conn'], text: string) => boolean;

/**
 * Sends one packet to a client of this connection, together with what else it is sent in the same turn of the event
 * loop. Nothing else may be sent meanwhile.
 */
export type SendTogether = <T>(connection: Socket['conn'], send: (content: T) => void, content: T) => void;

/**
 * Has a server send data that are JSON already as they were written: parsing them only to write them again would cost
 * more than everything else that is done to them. This works with Socket.IO's own parser only, whose format is known.
 *
 * @param writeText takes what is to be sent together, where it can
 */
export function sendAsWritten(io: Server, writeText: WriteText = () => false): SendTogether {
  const encoder = (io as unknown as { encoder: Encoder }).encoder;
  const encode = encoder.encode.bind(encoder);
  serverState(io).set(writes, true);
  let recipient: Socket['conn'] | undefined;
  encoder.encode = (packet) => {
    const { id = '', type } = packet;
    const data = type === ACKNOWLEDGEMENT ? writtenAnswer(packet.data) : writtenEvent(packet);
    const parts = data === undefined ? encode(packet) : [`${type}${namespaceOf(packet)}${id}${data}`];
    const isText = parts.length === 1 && typeof parts[0] === 'string';
    return recipient && isText && writeText(recipient, parts[0] as string) ? [] : parts;
  };
  return (connection, send, content) => {
    recipient = connection;
    try {
      send(content);
    } finally {
      recipient = undefined;
    }
  };
}

/** Emits an event to sockets of this server, with arguments that are JSON already. */
export function emitJson(
  { adapter, name: nsp, server }: Namespace,
  { rooms, except = [] }: Recipients,
  event: string,
  args: readonly Json[],
): void {
  const options = { rooms: new Set(rooms), except: new Set(except), flags: { local: true } };
  // Other parsers send all that a packet has of its own.
  const isWritten = serverState(server).get(writes);
  const packet: Packet = isWritten
    ? new EventPacket(nsp, event, args)
    : { type: EVENT, nsp, data: dataOf(event, args) };
  adapter.broadcast(packet as Parameters<typeof adapter.broadcast>[0], options);
}

function dataOf(event: string, args: readonly Json[]): unknown[] {
  return [event, ...args.map(({ value }) => value)];
}

function writtenEvent(packet: Packet): string | undefined {
  return packet instanceof EventPacket ? packet.written : undefined;
}

/** Returns the data of an acknowledgement whose only argument is JSON already. */
function writtenAnswer(data: unknown): string | undefined {
  const [first] = data as readonly unknown[];
  return first instanceof Json ? `[${first.text}]` : undefined;
}

/** The default namespace is not named in a packet. */
function namespaceOf({ nsp }: Packet): string {
  return nsp === '/' ? '' : `${nsp},`;
}
