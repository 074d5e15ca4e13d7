import { once } from 'node:events';
import { WebSocket } from 'ws';
import { onceDone } from '../../../support/lifetime.js';
import { request, type Response } from './http.js';

type Headers = Record<string, string>;

/** How a page tries to use the connection of somebody else, whose `sid` it knows. */
export type Attempt = (headers: Headers) => Promise<{ status: number; text: string }>;

/** A connection that is made of bare requests, so that each of them can have headers of its own. */
export class PollingSession {
  private constructor(
    private readonly url: string,
    readonly sid: string,
  ) {}

  /** @param query such as `EIO=4` */
  static async open(url: string, headers: Headers = {}, query = 'EIO=4', path = '/socket.io'): Promise<PollingSession> {
    const base = `${url}${path}/?${query}&transport=polling`;
    const { status, text } = await request(base, { headers });
    const sid = /"sid":"([^"]+)"/.exec(text)?.[1];
    if (status !== 200 || sid === undefined) throw new Error(`The handshake was answered with ${status}: ${text}`);
    return new PollingSession(`${base}&sid=${sid}`, sid);
  }

  poll(headers: Headers = {}, more = ''): Promise<Response> {
    return request(this.url + more, { headers });
  }

  post(body: string | Buffer, headers: Headers = {}, more = ''): Promise<Response> {
    return request(this.url + more, { method: 'POST', headers: { 'content-type': 'text/plain', ...headers }, body });
  }

  preflight(headers: Headers = {}): Promise<Response> {
    const asked = { 'access-control-request-method': 'POST', ...headers };
    return request(this.url, { method: 'OPTIONS', headers: asked });
  }

  /** Asks to continue by a websocket, as a client does once it polls. */
  async upgrade(headers: Headers = {}, more = ''): Promise<{ status: number; text: string }> {
    const url = this.url.replace('http', 'ws').replace('transport=polling', 'transport=websocket') + more;
    const socket = new WebSocket(url, { headers });
    onceDone(() => socket.terminate());
    const answered = new Promise<{ status: number; text: string }>((resolve) => {
      socket.once('open', () => resolve({ status: 101, text: '' }));
      socket.once('error', (error) => resolve({ status: 0, text: error.message }));
      socket.once('unexpected-response', (_request, response) => {
        let text = '';
        response.on('data', (chunk: Buffer) => (text += chunk.toString()));
        response.once('close', () => resolve({ status: response.statusCode ?? 0, text }));
      });
    });
    const answer = await answered;
    if (answer.status === 101) {
      socket.terminate();
      await once(socket, 'close');
    }
    return answer;
  }

  /** Everything that another page may try. */
  get attempts(): Array<[how: string, attempt: Attempt]> {
    return [
      ['a poll', (headers) => this.poll(headers)],
      ['a post', (headers) => this.post('42["spoil"]', headers)],
      ['a preflight', (headers) => this.preflight(headers)],
      ['an upgrade', (headers) => this.upgrade(headers)],
    ];
  }
}
