import { connect } from 'node:net';
import { encodeFrame, FrameReader } from './frames.mjs';

// All connections read into the same memory: a chunk is taken before the next one is read.
const chunk = Buffer.alloc(1 << 17);

const UPGRADE = [
  'Host: 127.0.0.1',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  '\r\n',
].join('\r\n');

/**
 * A WebSocket that costs its process as little as possible, so that the server is what is measured. It takes chunks of
 * frames that another connection has received and checked before as they are.
 */
class WebSocketConnection {
  #socket;
  #frames = new FrameReader();
  #isOpen = false;

  /** @param onChunk `(bytes)` returns whether the chunk was known, and has been taken. It must not keep them. */
  constructor(port, path, { onOpen, onChunk, onText, onEnd }) {
    const onread = { buffer: chunk, callback: (length) => this.#read(length, onOpen, onChunk, onText) };
    this.#socket = connect({ port, host: '127.0.0.1', onread });
    this.#socket.setNoDelay(true);
    this.#socket.write(`GET ${path} HTTP/1.1\r\n${UPGRADE}`);
    this.#socket.on('error', onEnd).on('close', () => onEnd(new Error('The server closed a connection.')));
  }

  send(text) {
    this.#socket.write(encodeFrame(text));
  }

  close() {
    this.#socket
      .removeAllListeners('close')
      .removeAllListeners('error')
      .on('error', () => undefined);
    this.#socket.destroy();
  }

  #read(length, onOpen, onChunk, onText) {
    let start = 0;
    if (!this.#isOpen) {
      const head = chunk.latin1Slice(0, length);
      const end = head.indexOf('\r\n\r\n');
      if (!head.startsWith('HTTP/1.1 101') || end < 0) throw new Error(`No upgrade: ${head.slice(0, 200)}`);
      this.#isOpen = true;
      onOpen();
      start = end + 4;
    }
    if (start === length) return true;
    const isWhole = this.#frames.isBetween;
    const bytes = chunk.subarray(start, length);
    if (isWhole && onChunk(bytes)) return true;
    const texts = this.#frames.read(bytes);
    onText(texts, isWhole && this.#frames.isBetween ? bytes : undefined);
    return true;
  }
}

/** A client of Socket.IO: raw WebSockets below, no library of the other side. */
export class SocketIoClient {
  #connection;
  #acknowledgements = new Map();
  #lastId = 0;

  /**
   * Connects and waits until the server has taken it into the namespace.
   *
   * @param query what else the address says, as `&name=value`
   */
  static connect(port, hear, { auth, query = '' } = {}) {
    return new Promise((resolve, reject) => {
      const client = new SocketIoClient();
      client.#connection = new WebSocketConnection(port, `/socket.io/?EIO=4&transport=websocket${query}`, {
        onOpen: () => undefined,
        onEnd(error) {
          reject(connectionError(error));
          hear.onEnd(error);
        },
        onChunk: (bytes) => hear.takeKnown(bytes, client),
        onText: (texts, whole) => {
          const events = [];
          for (const text of texts) {
            if (text.startsWith('0')) client.#connection.send(auth ? `40${JSON.stringify(auth)}` : '40');
            else if (text === '2') client.#connection.send('3');
            else if (text.startsWith('40')) {
              client.id = JSON.parse(text.slice(2)).sid;
              resolve(client);
            } else if (text.startsWith('44')) reject(new Error(text));
            else if (text.startsWith('43')) client.#acknowledge(text);
            else if (text.startsWith('42')) events.push(text.slice(2));
            else throw new Error(`An unknown packet: ${text.slice(0, 100)}`);
          }
          if (events.length > 0) hear.take(events, client, events.length === texts.length ? whole : undefined);
        },
      });
    });
  }

  /** Emits an event and returns what the server acknowledges it with. */
  request(event, data) {
    const id = this.#lastId++;
    const answer = new Promise((resolve) => this.#acknowledgements.set(id, resolve));
    this.#connection.send(`42${id}${JSON.stringify([event, data])}`);
    return answer;
  }

  close() {
    this.#connection.close();
  }

  #acknowledge(text) {
    const start = text.indexOf('[');
    const id = Number(text.slice(2, start));
    this.#acknowledgements.get(id)(text.slice(start));
    this.#acknowledgements.delete(id);
  }
}

/** A client of a server that speaks no protocol above WebSockets: `[event, data]` as JSON. */
export class PlainClient {
  #connection;
  #answered = [];

  static connect(port, hear) {
    return new Promise((resolve, reject) => {
      const client = new PlainClient();
      client.#connection = new WebSocketConnection(port, '/', {
        onOpen: () => resolve(client),
        onEnd(error) {
          reject(connectionError(error));
          hear.onEnd(error);
        },
        onChunk: (bytes) => hear.takeKnown(bytes, client),
        onText: (texts, whole) => {
          const events = texts.filter((text) => text.startsWith('["card"'));
          for (const text of texts) if (!text.startsWith('["card"')) client.#answered.shift()(text);
          if (events.length > 0) hear.take(events, client, events.length === texts.length ? whole : undefined);
        },
      });
    });
  }

  /** Sends an event and returns the answer. Answers come in the order of the questions. */
  request(event, data) {
    const answer = new Promise((resolve) => this.#answered.push(resolve));
    this.#connection.send(JSON.stringify([event, data]));
    return answer;
  }

  close() {
    this.#connection.close();
  }
}

/** Says what to do where a process may not open as many files as there are connections. */
function connectionError(error) {
  const advice = error?.code === 'EMFILE' ? ' Allow this process more open files: ulimit -n 32768.' : '';
  return new Error(`The connection failed.${advice}`, { cause: error });
}
