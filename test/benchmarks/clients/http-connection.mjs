import { connect } from 'node:net';

const chunk = Buffer.alloc(1 << 17);

/** A kept-alive HTTP connection that costs its process as little as possible. It asks one request at a time. */
class HttpConnection {
  #socket;
  #resolve;
  #reject;
  #rest = '';

  static open(port) {
    return new Promise((resolve, reject) => {
      const connection = new HttpConnection();
      const onread = { buffer: chunk, callback: (length) => connection.#read(chunk.latin1Slice(0, length)) };
      connection.#socket = connect({ port, host: '127.0.0.1', onread }, () => resolve(connection));
      connection.#socket.setNoDelay(true);
      connection.#reject = reject;
      const fail = (error) => connection.#reject?.(error ?? new Error('The server closed a connection.'));
      connection.#socket.on('error', fail).on('close', () => fail());
    });
  }

  /** Sends a request and returns the text of the response's body, if its status code is 200. */
  ask(method, path, data) {
    const body = data === undefined ? '' : JSON.stringify(data);
    const head = data === undefined ? '' : `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n`;
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      this.#socket.write(`${method} ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n${head}\r\n${body}`);
    });
  }

  close() {
    this.#reject = undefined;
    this.#socket.destroy();
  }

  #read(text) {
    this.#rest += text;
    const end = this.#rest.indexOf('\r\n\r\n');
    if (end < 0) return true;
    const length = Number(/content-length: (\d+)/i.exec(this.#rest.slice(0, end))?.[1]);
    if (this.#rest.length < end + 4 + length) return true;
    const isOk = this.#rest.startsWith('HTTP/1.1 200');
    const body = this.#rest.slice(end + 4);
    this.#rest = '';
    if (isOk) this.#resolve(body);
    else this.#reject(new Error(`A response that is not 200: ${body.slice(0, 200)}`));
    return true;
  }
}

/** Runs work with so many connections, which are new: a server closes those that nobody has used for some seconds. */
export async function withConnections(server, count, work) {
  const connections = await Promise.all(Array.from({ length: count }, () => HttpConnection.open(server.port)));
  try {
    return await work(connections);
  } finally {
    for (const connection of connections) connection.close();
  }
}

/** Asks requests, so many at a time over as many connections, and returns their rate and what each took the server. */
export async function askMany({ server, requests, connections, ask }) {
  let next = 0;
  const worker = async (connection) => {
    while (next < requests) await ask(connection, next++);
  };
  const { ms, ...each } = await server.spent(requests, () => Promise.all(connections.map(worker)));
  return { rate: (requests / ms) * 1_000, ...each };
}
