import { Agent, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { type Connection, type ConnectionOptions, Inbox, type Packet } from './connection.js';

const SEPARATOR = '\u001e';

/** A connection of Engine.IO by polling, each of whose bodies a test composes. */
export class PollingConnection extends Inbox implements Connection {
  private readonly agent = new Agent({ keepAlive: true });
  private sid = '';
  private paused = false;
  private unread: Socket | undefined;

  private constructor(
    private readonly port: number,
    private readonly options: ConnectionOptions,
  ) {
    super();
  }

  static async open(port: number, options: ConnectionOptions = {}): Promise<PollingConnection> {
    const connection = new PollingConnection(port, options);
    await connection.poll(options.method);
    const opened = /^0\{.*"sid":"([^"]+)"/.exec(connection.received[0] ?? '');
    if (!opened) return connection;
    connection.sid = opened[1]!;
    if (!('connect' in options) || options.connect !== undefined) {
      await connection.send(options.connect ?? '40');
      await connection.poll();
    }
    void connection.read();
    return connection;
  }

  async send(...packets: Packet[]): Promise<void> {
    if (this.closed) return;
    const texts = packets.map((packet) => (typeof packet === 'string' ? packet : `b${packet.toString('base64')}`));
    const { status } = await this.ask('POST', texts.join(SEPARATOR));
    if (status !== 200) this.refuse(status);
  }

  pause(): void {
    this.paused = true;
  }

  /** Polls again and again by one TCP connection, of which it reads nothing. */
  pollBlindly(): void {
    this.pause();
    const socket = connect(this.port, '127.0.0.1');
    this.unread = socket.on('error', () => undefined);
    socket.pause();
    const timer = setInterval(() => socket.write(`GET ${this.path} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n`), 200);
    socket.on('close', () => clearInterval(timer));
  }

  end(): void {
    this.close();
    this.agent.destroy();
    this.unread?.destroy();
  }

  private get path(): string {
    const { query = '' } = this.options;
    return `/socket.io/?EIO=4&transport=polling${query}${this.sid && `&sid=${this.sid}`}`;
  }

  private async read(): Promise<void> {
    while (!this.closed && !this.paused) await this.poll();
  }

  private async poll(method = 'GET'): Promise<void> {
    const { status, text } = await this.ask(method);
    if (status !== 200) return this.refuse(status);
    const packets = text.split(SEPARATOR);
    if (packets.includes('2')) void this.send('3');
    this.arrived(...packets.filter((packet) => packet !== '2' && packet !== '6' && packet !== ''));
    if (packets.includes('1')) this.end();
  }

  private refuse(status: number): void {
    this.refusedWith = status;
    this.end();
  }

  private ask(method: string, body?: string): Promise<{ status: number; text: string }> {
    const { headers = {} } = this.options;
    const { path } = this;
    return new Promise((resolve) => {
      const gone = () => resolve({ status: 0, text: '' });
      const asked = request(
        {
          host: '127.0.0.1',
          port: this.port,
          method,
          path,
          agent: this.agent,
          headers: { ...(body === undefined ? {} : { 'content-type': 'text/plain;charset=UTF-8' }), ...headers },
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('error', gone);
          response.on('end', () =>
            resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }),
          );
        },
      );
      asked.on('error', gone);
      asked.end(body);
    });
  }
}
