import { once } from 'node:events';
import { get, request as send } from 'node:http';
import type { Socket as TcpSocket } from 'node:net';
import { WebSocket } from 'ws';
import { onceDone } from '../../../../support/lifetime.js';

/** A client that connects as any other does, and then no longer reads what it is sent. */
export interface DeafClient {
  /** Reads again, and resolves with the code and the reason with which its websocket was closed. */
  listen(): Promise<[code: number, reason: string]>;
  /** Reads again until so many packets with this start have come, and returns all of those. */
  hear(start: string, count: number): Promise<string[]>;
  /** Sends a packet of Engine.IO. */
  send(packet: string): void;
}

/** Connects by a websocket, and stops reading. */
export async function deafWebSocket(url: string, protocol: 3 | 4 = 4): Promise<DeafClient> {
  const websocket = new WebSocket(`${url.replace('http', 'ws')}/socket.io/?EIO=${protocol}&transport=websocket`);
  onceDone(() => websocket.terminate());
  // Of its end; whether it ends is what tests are about.
  websocket.on('error', () => {});
  const packets = packetsOf(websocket);
  await packets('0');
  // A server of Socket.IO 2 connects everybody by itself.
  if (protocol === 4) websocket.send('40');
  await packets('40');
  const { _socket: tcp } = websocket as unknown as { _socket: TcpSocket };
  tcp.pause();
  return {
    send: (packet) => websocket.send(packet),
    hear(start, count) {
      tcp.resume();
      return packets(start, count);
    },
    async listen() {
      const closed = once(websocket, 'close') as Promise<[number, Buffer]>;
      tcp.resume();
      const [code, reason] = await closed;
      return [code, reason.toString()];
    },
  };
}

function packetsOf(websocket: WebSocket): (start: string, count?: number) => Promise<string[]> {
  const heard: string[] = [];
  // Once for all packets that are waited for: each listener would stay until the end.
  const closed = new Promise<void>((resolve) => void websocket.once('close', () => resolve()));
  websocket.on('message', (data: Buffer) => heard.push(data.toString()));
  return async (start, count = 1) => {
    for (;;) {
      const found = heard.filter((packet) => packet.startsWith(start));
      if (found.length >= count) return found;
      if (websocket.readyState === WebSocket.CLOSED) throw new Error(`It was cut off before "${start}" came.`);
      await Promise.race([once(websocket, 'message'), closed]);
    }
  };
}

/** Connects by polling; further polls are up to the test. */
export async function pollingSession(url: string): Promise<{ address: string; post(packet: string): Promise<void> }> {
  const { sid } = JSON.parse((await read(`${url}/socket.io/?EIO=4&transport=polling`)).slice(1)) as { sid: string };
  const address = `${url}/socket.io/?EIO=4&transport=polling&sid=${sid}`;
  const post = async (packet: string): Promise<void> => {
    const request = send(address, { method: 'POST', agent: false, headers: { 'content-type': 'text/plain' } });
    request.end(packet);
    const [response] = (await once(request, 'response')) as [NodeJS.ReadableStream];
    for await (const _part of response);
  };
  await post('40');
  await read(address);
  return { address, post };
}

/** Asks for a page, and reads all of it. */
export async function read(address: string): Promise<string> {
  const [response] = (await once(get(address, { agent: false }), 'response')) as [NodeJS.ReadableStream];
  let text = '';
  for await (const part of response) text += String(part);
  return text;
}
