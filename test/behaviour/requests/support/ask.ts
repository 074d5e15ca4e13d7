import { Agent, request as send, type IncomingHttpHeaders } from 'node:http';
import type { TestApplication } from '../../../support/application.js';
import type { TestClient } from '../../../support/client.js';
import { onceDone } from '../../../support/lifetime.js';

/** A request, as it can be made over HTTP and over a socket. */
export interface Asked {
  method: string;
  url: string;
  /** Sent as JSON. */
  data?: unknown;
  headers?: Record<string, string>;
}

/** What a client of a socket is told. */
export interface Jwr {
  statusCode: number;
  headers: Record<string, string | string[]>;
  body?: unknown;
}

/** A response over HTTP, as it came. */
export interface HttpResponse {
  status: number;
  headers: IncomingHttpHeaders;
  bytes: Buffer;
}

/** Emits an event, and resolves with the arguments of its acknowledgement. */
export function emitted(client: TestClient, event: string, ...args: unknown[]): Promise<unknown[]> {
  return new Promise((resolve, reject) => {
    const lost = (): void => reject(new Error(`The client was disconnected during "${event}".`));
    client.socket.once('disconnect', lost);
    client.socket.emit(event, ...args, (...answer: unknown[]) => {
      client.socket.off('disconnect', lost);
      resolve(answer);
    });
  });
}

/** A request as a client sends it: an event and a packet, which may be anything. */
export async function ask(client: TestClient, method: string, packet: unknown): Promise<Jwr> {
  const [answer] = await emitted(client, method, packet);
  return answer as Jwr;
}

export const overSocket = (client: TestClient, { method, ...packet }: Asked): Promise<Jwr> =>
  ask(client, method.toLowerCase(), packet);

/** Sends requests over HTTP on one connection; no client corrects their paths. */
export class HttpCaller {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 1 });

  constructor(private readonly app: TestApplication) {
    onceDone(() => this.agent.destroy());
  }

  ask({ method, url, data, headers = {} }: Asked): Promise<HttpResponse> {
    const body = data === undefined ? undefined : JSON.stringify(data);
    const { hostname, port } = new URL(this.app.url);
    const type = body === undefined ? {} : { 'content-type': 'application/json; charset=utf-8' };
    const length = { 'content-length': String(Buffer.byteLength(body ?? '')) };
    const accept = { accept: 'application/json, text/plain, */*' };
    return new Promise((resolve, reject) => {
      const sent = send(
        {
          host: hostname,
          port,
          method,
          path: url,
          agent: this.agent,
          headers: { ...accept, ...type, ...(method === 'GET' || method === 'HEAD' ? {} : length), ...headers },
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk)).once('error', reject);
          response.once('end', () =>
            resolve({ status: response.statusCode ?? 0, headers: response.headers, bytes: Buffer.concat(chunks) }),
          );
        },
      );
      sent.once('error', reject).end(body);
    });
  }
}
