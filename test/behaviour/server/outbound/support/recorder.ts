import { once } from 'node:events';
import type { Socket as TcpSocket } from 'node:net';
import { WebSocket } from 'ws';
import { expect } from 'vitest';
import { connect } from '../../../../support/client.js';
import { eventually } from '../../../../support/eventually.js';
import { onceDone } from '../../../../support/lifetime.js';

/** What a client was sent: the name of an event, and the number of its message. */
export type Heard = [event: string, number: number];

/** A client of some kind, which writes down what it is sent, and answers whoever waits for an answer. */
export interface Recorder {
  readonly heard: readonly Heard[];
  /** The ids of its sockets on the server, by namespace. */
  readonly ids: Readonly<Record<string, string>>;
  readonly ended: Promise<void>;
  /** Stops reading. */
  pause?(): void;
  resume?(): void;
}

interface WebSocketOptions {
  protocol?: 3 | 4;
  perMessageDeflate?: boolean;
  /** Another namespace that it enters, by the same connection. */
  namespace?: string;
}

const EVENT = /^4[25](?:\d+-)?(?:(\/[^,]*),)?(\d*)(\[.*)$/s;

/** Connects by a websocket, and reads it packet by packet. */
export async function webSocketRecorder(
  url: string,
  { protocol = 4, perMessageDeflate = false, namespace }: WebSocketOptions = {},
): Promise<Recorder> {
  const address = `${url.replace('http', 'ws')}/socket.io/?EIO=${protocol}&transport=websocket`;
  const websocket = new WebSocket(address, { perMessageDeflate });
  onceDone(() => websocket.terminate());
  const heard: Heard[] = [];
  const ids: Record<string, string> = {};
  let entered = 0;
  websocket.on('message', (data: Buffer, isBinary: boolean) => {
    if (isBinary) return;
    const packet = data.toString();
    const [, name = '/', sid] = /^(?:0|40(\/[^,]*)?,?)\{"sid":"([^"]+)"/.exec(packet) ?? [];
    if (sid !== undefined) ids[name] = sid;
    if (packet.startsWith('40')) entered++;
    if (packet === '2') websocket.send('3');
    const [, nsp, id, json] = EVENT.exec(packet) ?? [];
    if (json === undefined) return;
    const [event, number] = JSON.parse(json) as Heard;
    heard.push([event, number]);
    if (id) websocket.send(`43${nsp ? `${nsp},` : ''}${id}[${number}]`);
  });
  await once(websocket, 'open');
  // A server of Socket.IO 2 connects everybody by itself.
  if (protocol === 4) websocket.send('40');
  if (namespace) websocket.send(`40${namespace},`);
  await eventually(() => expect(entered).toBe(namespace ? 2 : 1));
  const { _socket: tcp } = websocket as unknown as { _socket: TcpSocket };
  return {
    heard,
    ids,
    ended: once(websocket, 'close').then(() => undefined),
    pause: () => void tcp.pause(),
    resume: () => void tcp.resume(),
  };
}

/** Connects by the client of Socket.IO, and does not wait until it has upgraded, if it may. */
export async function clientRecorder(url: string, transports: Array<'polling' | 'websocket'>): Promise<Recorder> {
  const { socket } = await connect(url, { transports });
  const heard: Heard[] = [];
  socket.onAny((event: string, number: number, ...rest: unknown[]) => {
    heard.push([event, number]);
    const answer = rest.at(-1);
    if (typeof answer === 'function') (answer as (number: number) => void)(number);
  });
  return {
    heard,
    ids: { '/': socket.id ?? '' },
    ended: new Promise((resolve) => void socket.once('disconnect', () => resolve())),
  };
}
