import type { Namespace, Server, Socket } from 'socket.io';
import { Json } from '../../common/json.js';

/** The types of an event and an acknowledgement in Socket.IO's packets. */
const EVENT = 2;
const ACKNOWLEDGEMENT = 3;

/** The key under which a packet keeps what says its data as JSON. */
const WRITTEN = Symbol('nestjs-sockets:written');

/** A packet, as Socket.IO hands it to its encoder. */
interface Packet {
  type: number;
  nsp: string;
  id?: number;
  data?: unknown;
  [WRITTEN]?: () => string | undefined;
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

/** Answers a client of this connection with what is JSON already. */
export type AnswerJson = (connection: Socket['conn'], acknowledge: (answer: Json) => void, answer: Json) => void;

/**
 * Has a server send data that are JSON already as they were written: parsing them only to write them again would cost
 * more than everything else that is done to them. This works with Socket.IO's own parser only, whose format is known.
 *
 * @param writeText takes answers, where it can
 */
export function sendAsWritten(io: Server, writeText: WriteText = () => false): AnswerJson {
  const encoder = (io as unknown as { encoder: Encoder }).encoder;
  const encode = encoder.encode.bind(encoder);
  // While a client is answered, nothing else is encoded.
  let answered: Socket['conn'] | undefined;
  encoder.encode = (packet) => {
    const { id = '', type } = packet;
    const data = type === ACKNOWLEDGEMENT ? writtenAnswer(packet.data) : packet[WRITTEN]?.();
    if (data === undefined) return encode(packet);
    const text = `${type}${namespaceOf(packet)}${id}${data}`;
    return answered && writeText(answered, text) ? [] : [text];
  };
  return (connection, acknowledge, answer) => {
    answered = connection;
    try {
      acknowledge(answer);
    } finally {
      answered = undefined;
    }
  };
}

/** Emits an event to sockets of this server, with arguments that are JSON already. */
export function emitJson(
  { adapter, name: nsp }: Namespace,
  { rooms, except = [] }: Recipients,
  event: string,
  args: readonly Json[],
): void {
  const options = { rooms: new Set(rooms), except: new Set(except), flags: { local: true } };
  adapter.broadcast(eventPacket(nsp, event, args) as Parameters<typeof adapter.broadcast>[0], options);
}

/** Makes a packet whose data are read only where somebody asks for them, such as another parser, or a listener. */
function eventPacket(nsp: string, event: string, args: readonly Json[]): Packet {
  let data: unknown[] | undefined;
  return {
    type: EVENT,
    nsp,
    get data() {
      return (data ??= [event, ...args.map(({ value }) => value)]);
    },
    // Who has read them may have changed them, such as an adapter that adds what a client resumes by.
    [WRITTEN]: () => (data ? undefined : `[${JSON.stringify(event)},${args.map(({ text }) => text).join()}]`),
  };
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
