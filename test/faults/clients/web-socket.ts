import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type Connection, type ConnectionOptions, Inbox, type Packet } from './connection.js';

const TEXT = 1;
const BINARY = 2;
const CLOSE = 8;

/** A websocket of Engine.IO without a library in between, so that it can stop reading, and send what no library does. */
export class WebSocketConnection extends Inbox implements Connection {
  private unread: Buffer = Buffer.alloc(0);
  private head = true;

  private constructor(private readonly socket: Socket) {
    super();
    socket.on('error', () => undefined);
    socket.on('close', () => this.close());
    socket.on('data', (chunk) => this.read(chunk));
  }

  static async open(port: number, options: ConnectionOptions = {}): Promise<WebSocketConnection> {
    const { headers = {}, query = '', connect: asked = '40' } = options;
    const socket = connect(port, '127.0.0.1');
    const connection = new WebSocketConnection(socket);
    await Promise.race([once(socket, 'connect'), once(socket, 'close')]).catch(() => undefined);
    const lines = {
      host: `127.0.0.1:${port}`,
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': randomBytes(16).toString('base64'),
      ...headers,
    };
    const head = Object.entries(lines).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.write(`GET /socket.io/?EIO=4&transport=websocket${query} HTTP/1.1\r\n${head.join('')}\r\n`);
    await connection.until(() => connection.received.length > 0 || connection.closed);
    if (!('connect' in options) || options.connect !== undefined) {
      await connection.send(asked);
      await connection.until(() => connection.received.some((text) => /^4[04]/.test(text)) || connection.closed);
    }
    return connection;
  }

  send(...packets: Packet[]): Promise<void> {
    if (this.closed) return Promise.resolve();
    const frames = packets.map((packet) =>
      typeof packet === 'string' ? frame(TEXT, Buffer.from(packet)) : frame(BINARY, packet),
    );
    // It is not waited for that the server takes them: it may not.
    this.socket.write(Buffer.concat(frames));
    return Promise.resolve();
  }

  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  /** Reads one byte at a time, at most; the operating system may take more from the server. */
  trickle(): void {
    this.socket.pause();
    const timer = setInterval(() => this.socket.read(1), 1_000);
    this.socket.on('close', () => clearInterval(timer));
  }

  /** Answers pings that it has not read. */
  pongBlindly(): void {
    const timer = setInterval(() => void this.send('3'), 500);
    this.socket.on('close', () => clearInterval(timer));
  }

  end(): void {
    this.socket.destroy();
  }

  private read(chunk: Buffer): void {
    this.unread = this.unread.length === 0 ? chunk : Buffer.concat([this.unread, chunk]);
    if (this.head && !this.readHead()) return;
    while (this.readFrame());
  }

  private readHead(): boolean {
    const end = this.unread.indexOf('\r\n\r\n');
    if (end < 0) return false;
    const status = Number(this.unread.subarray(9, 12).toString());
    this.head = false;
    this.unread = this.unread.subarray(end + 4);
    if (status === 101) return true;
    this.refusedWith = status;
    this.end();
    return false;
  }

  /** Servers do not mask what they send, and Engine.IO does not split it. */
  private readFrame(): boolean {
    const { unread } = this;
    if (unread.length < 2) return false;
    const short = unread[1] & 127;
    const start = short < 126 ? 2 : short === 126 ? 4 : 10;
    if (unread.length < start) return false;
    const size = short < 126 ? short : short === 126 ? unread.readUInt16BE(2) : Number(unread.readBigUInt64BE(2));
    if (unread.length < start + size) return false;
    this.take(unread[0] & 15, unread.subarray(start, start + size));
    this.unread = unread.subarray(start + size);
    return true;
  }

  private take(type: number, payload: Buffer): void {
    if (type === CLOSE) return this.end();
    const text = type === BINARY ? `b${payload.toString('base64')}` : payload.toString();
    if (text === '2') void this.send('3');
    else this.arrived(text);
  }
}

/** Clients mask what they send; a mask of zeros changes nothing. */
function frame(type: number, payload: Buffer): Buffer {
  const { length } = payload;
  const head = Buffer.alloc(length < 126 ? 6 : length < 65_536 ? 8 : 14);
  head[0] = 128 | type;
  head[1] = 128 | (length < 126 ? length : length < 65_536 ? 126 : 127);
  if (length >= 65_536) head.writeBigUInt64BE(BigInt(length), 2);
  else if (length >= 126) head.writeUInt16BE(length, 2);
  return Buffer.concat([head, payload]);
}
