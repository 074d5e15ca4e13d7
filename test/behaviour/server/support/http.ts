import { request as send, type Agent, type IncomingHttpHeaders } from 'node:http';

/** A response, read. */
export interface Response {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
}

/** What a server tells a client that opens a session by polling. */
export interface Opened {
  sid: string;
  upgrades: string[];
  pingInterval: number;
  pingTimeout: number;
  maxPayload: number;
}

export interface RequestOptions {
  method?: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
  agent?: Agent;
}

/** A plain HTTP request with exactly these headers, `Host` and `Origin` included, which `fetch` keeps for itself. */
export function request(
  url: string,
  { method = 'GET', headers = {}, body, agent }: RequestOptions = {},
): Promise<Response> {
  return new Promise((resolve, reject) => {
    const sent = send(url, { method, headers, agent: agent ?? false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.once('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
    });
    sent.once('error', reject).end(body);
  });
}

/** Where the handshakes of polling go. */
export function pollingUrl(url: string, path = '/socket.io'): string {
  return `${url}${path}/?EIO=4&transport=polling`;
}

/** The handshake of polling, as a page of that origin makes it. */
export function handshake(url: string, origin?: string, path?: string): Promise<Response> {
  return request(pollingUrl(url, path), { headers: origin === undefined ? {} : { origin } });
}

/** The options of a server as a client gets to know them. */
export async function opened(url: string, path?: string): Promise<Opened> {
  const { status, text } = await handshake(url, undefined, path);
  if (status !== 200) throw new Error(`The handshake was answered with ${status}: ${text}`);
  return JSON.parse(text.slice(1)) as Opened;
}
