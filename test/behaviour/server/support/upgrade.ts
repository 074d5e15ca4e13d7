import { request, type IncomingHttpHeaders } from 'node:http';
import type { Duplex } from 'node:stream';
import { onceDone } from '../../../support/lifetime.js';

/** What an upgrade to a websocket was answered with. */
export interface Upgrade {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
  /** The connection, if there is one now. */
  socket?: Duplex;
}

/** Begins a connection by a websocket, with exactly these headers besides those that make it one. */
export function upgrade(url: string, headers: Record<string, string> = {}): Promise<Upgrade> {
  return new Promise((resolve, reject) => {
    const asked = request(`${url}/socket.io/?EIO=4&transport=websocket`, {
      agent: false,
      headers: {
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
        ...headers,
      },
    });
    asked.once('upgrade', (response, socket) => {
      onceDone(() => void socket.destroy());
      socket.on('error', () => undefined);
      resolve({ status: 101, headers: response.headers, text: '', socket });
    });
    asked.once('response', (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.once('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
    });
    asked.once('error', reject).end();
  });
}
