import type { Namespace, Socket } from 'socket.io';
import {
  type AdapterMethods,
  type ApplyOptions,
  broadcastingMethodsOf,
  framesTexts,
  type PacketOptions,
} from './adapter-methods.js';
import {
  type FramedConnection,
  type FramedTransport,
  frameOfText,
  Frames,
  type FrameWriter,
  MAX_JOINED,
} from './frame-writer.js';

/** Finds what writes to a connection past Engine.IO; `undefined` where that is not possible. */
type FindWriter = (connection: FramedConnection) => FrameWriter | undefined;

/** A socket to which broadcasts go. */
class Member {
  /** The number of the last broadcast that has come to it. */
  lastBroadcast = 0;
  private readonly connection: FramedConnection;
  private transport: FramedTransport | undefined;
  private found: FrameWriter | undefined;

  constructor(
    readonly socket: Socket,
    private readonly findWriter: FindWriter,
  ) {
    this.connection = socket.conn as unknown as FramedConnection;
  }

  /** What writes to it past Engine.IO; `undefined` as long as that is not possible. */
  get writer(): FrameWriter | undefined {
    const { transport } = this.connection;
    if (transport !== this.transport) {
      this.transport = transport;
      this.found = this.findWriter(this.connection);
    }
    return this.found;
  }
}

const NOBODY: readonly Member[] = [];

/**
 * Knows the members of rooms. Of a room that is broadcast to, it keeps a list until somebody joins or leaves it; other
 * rooms cost nothing.
 */
class RoomMembers {
  /** How often somebody has joined or left a room so far. */
  changes = 0;
  private readonly lists = new Map<string, readonly Member[]>();
  private readonly members = new WeakMap<Socket, Member>();

  constructor(
    private readonly namespace: Namespace,
    private readonly adapter: Namespace['adapter'],
    private readonly findWriter: FindWriter,
  ) {
    const forget = (room: string): void => {
      this.changes++;
      if (this.lists.size > 0) this.lists.delete(room);
    };
    // Before other listeners, which may broadcast.
    adapter.prependListener('join-room', forget);
    adapter.prependListener('leave-room', forget);
  }

  in(room: string): readonly Member[] {
    const ids = this.adapter.rooms.get(room);
    if (!ids) return NOBODY;
    const known = this.lists.get(room);
    if (known?.length === ids.size) return known;
    const list = this.find(ids);
    // The room of one socket is found as fast without. A socket that joins before it is connected is a member later, of
    // which nobody is told; and an adapter might tell of nothing.
    if (list.length > 1 && list.length === ids.size && this.changes > 0) this.lists.set(room, list);
    return list;
  }

  /** Whether a socket is in a room now, or connected if none is named. */
  has({ socket: { id } }: Member, room: string | undefined): boolean {
    const { adapter, namespace } = this;
    if (!namespace.sockets.has(id)) return false;
    return room === undefined ? adapter.sids.has(id) : adapter.rooms.get(room)?.has(id) === true;
  }

  everybody(): Member[] {
    return this.find(this.adapter.sids.keys());
  }

  /** Finds the connected sockets among these. */
  private find(ids: Iterable<string>): Member[] {
    const found: Member[] = [];
    for (const id of ids) {
      const socket = this.namespace.sockets.get(id);
      if (socket) found.push(this.memberOf(socket));
    }
    return found;
  }

  private memberOf(socket: Socket): Member {
    const known = this.members.get(socket);
    if (known) return known;
    const member = new Member(socket, this.findWriter);
    this.members.set(socket, member);
    return member;
  }
}

/** A packet that was encoded, and is to be written to all of its recipients. */
interface Encoded {
  packet: { id?: number };
  options: PacketOptions;
  packets: readonly unknown[];
}

let broadcasts = 0;

/**
 * Has the broadcasts of a namespace written past Engine.IO to whom that is possible, and as always to others.
 *
 * @returns whether its adapter lets it
 */
export function hastenBroadcasts(namespace: Namespace, findWriter: FindWriter): boolean {
  const { adapter } = namespace;
  const methods = broadcastingMethodsOf(adapter);
  if (!methods) return false;
  const members = new RoomMembers(namespace, adapter, findWriter);
  const encode = encodingOf(methods);
  const apply = methods.apply.bind(adapter);
  // Between the two, nothing else runs.
  let encoded: Encoded | undefined;
  let isUnderWay = false;
  methods._encode = (packet, options) => {
    const packets = encode(packet, options);
    encoded = { packet, options, packets };
    return packets;
  };
  methods.apply = (options, write) => {
    const frame = encoded && frameOf(encoded);
    encoded = undefined;
    // Members remember one broadcast only, and a listener may make another one in the midst of it.
    if (!frame || isUnderWay) return apply(options, write);
    isUnderWay = true;
    try {
      new Broadcast(members, frame, write).to(options);
    } finally {
      isUnderWay = false;
    }
  };
  return true;
}

/** Returns what encodes a packet, and makes its frame in one piece where that is a text. */
function encodingOf(methods: AdapterMethods): (packet: { id?: number }, options: PacketOptions) => unknown[] {
  const { _encode: encode } = methods;
  // Found out when something is sent: many namespaces never send anything.
  let isOfTexts: boolean | undefined;
  return (packet, options) => {
    isOfTexts ??= framesTexts(encode, frameOfText);
    if (!isOfTexts) return encode.call(methods, packet, options);
    const packets = methods.encoder.encode(packet);
    const [text] = packets;
    if (packets.length === 1 && typeof text === 'string') options.wsPreEncodedFrame = [frameOfText(`4${text}`)];
    return packets;
  };
}

/** Returns what can be written as one frame to everybody; `undefined` if some need it in another way. */
function frameOf({ packet, options, packets }: Encoded): readonly Uint8Array[] | undefined {
  const frame = options.wsPreEncodedFrame;
  if (!frame || packets.length !== 1 || packet.id !== undefined || options.volatile) return undefined;
  return frame.reduce((size, { length }) => size + length, 0) <= MAX_JOINED ? frame : undefined;
}

/** Sends one frame to all of its recipients. */
class Broadcast {
  private readonly number = ++broadcasts;
  private frames: Frames | undefined;

  constructor(
    private readonly members: RoomMembers,
    private readonly frame: readonly Uint8Array[],
    private readonly write: (socket: Socket) => void,
  ) {}

  to({ rooms, except }: ApplyOptions): void {
    const { members, number } = this;
    if (except && except.size > 0) {
      for (const room of except) for (const member of members.in(room)) member.lastBroadcast = number;
    }
    if (rooms.size === 0) this.sendTo(members.everybody());
    else for (const room of rooms) this.sendTo(members.in(room), room);
  }

  private sendTo(recipients: readonly Member[], room?: string): void {
    const { members, number } = this;
    const { changes } = members;
    for (const member of recipients) {
      if (member.lastBroadcast === number) continue;
      // What is written in the ordinary way may make somebody leave.
      if (members.changes !== changes && !members.has(member, room)) continue;
      member.lastBroadcast = number;
      this.send(member);
    }
  }

  private send({ socket, writer }: Member): void {
    // A listener may send something before this.
    if (writer && socket.listenersAnyOutgoing().length === 0) {
      this.frames ??= new Frames(this.frame.length === 1 ? (this.frame[0] as Buffer) : Buffer.concat(this.frame));
      if (writer.take(this.frames)) return;
    }
    this.write(socket);
  }
}
