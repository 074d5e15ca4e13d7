import type { Packet } from '../clients/connection.js';
import type { Transport } from '../support/scene.js';
import { keysJson } from './attack.js';

/** Much of something, by one client, and what bounds it. */
export interface Flood {
  name: string;
  transport: Transport;
  /** Whether `CONNECT` is a part of it, and not sent before. */
  connects?: true;
  /** What is sent, in bodies; the rest is not, once the connection is closed. */
  bodies: () => Packet[][];
  /** What the server counts that must not exceed a number while the flood is there. */
  bound?: { what: 'rooms' | 'sockets'; most: number };
  /** May be allowed, since it costs next to nothing. */
  mayPass?: true;
  /** Concerns what only the library has. */
  own?: true;
}

const inBodies = (count: number, size: number, packet: (number: number) => Packet): Packet[][] =>
  Array.from({ length: Math.ceil(count / size) }, (_, body) =>
    Array.from({ length: Math.min(size, count - body * size) }, (__, number) => packet(body * size + number)),
  );

/** The ids of a thousand records, whoever reads them. */
const THOUSAND = Array.from({ length: 1_000 }, (_, id) => id).join();

const get = (number: number, url: string): string => `42${number}["get",{"url":"${url}"}]`;

export const floods: Flood[] = [
  {
    name: '300,000 rooms, by routes',
    transport: 'websocket',
    bodies: () => inBodies(300_000, 1_000, (number) => get(number, `/rooms/r${number}`)),
    bound: { what: 'rooms', most: 1_100 },
    own: true,
  },
  {
    name: '300,000 rooms, by messages to a gateway',
    transport: 'websocket',
    bodies: () => inBodies(300_000, 1_000, (number) => `42["join","r${number}"]`),
    bound: { what: 'rooms', most: 5_000 },
  },
  {
    name: '100,000 rooms, by one message to a gateway',
    transport: 'websocket',
    bodies: () => [[`427["join",[${Array.from({ length: 100_000 }, (_, number) => `"r${number}"`).join()}]]`]],
    bound: { what: 'rooms', most: 100 },
  },
  {
    name: '100,000 events',
    transport: 'websocket',
    bodies: () => inBodies(100_000, 1_000, (number) => `42${number}["echo",${number}]`),
  },
  {
    name: '10,000 requests in one body',
    transport: 'polling',
    bodies: () => inBodies(10_000, 10_000, (number) => get(number, '/echo')),
    own: true,
  },
  {
    name: '10,000 requests, one by one',
    transport: 'websocket',
    bodies: () => inBodies(10_000, 1_000, (number) => get(number, '/echo')),
    own: true,
  },
  {
    name: '110,000 packets in one body',
    transport: 'polling',
    bodies: () => inBodies(110_000, 110_000, () => '42["a"]'),
  },
  {
    name: '100,000 answers to pings in one body',
    transport: 'polling',
    bodies: () => inBodies(100_000, 100_000, () => '3'),
  },
  {
    name: 'a body of nothing but separators',
    transport: 'polling',
    bodies: () => [['\u001e'.repeat(900_000)]],
  },
  {
    name: '20,000 CONNECTs in one body',
    transport: 'polling',
    connects: true,
    bodies: () => inBodies(20_000, 20_000, () => '40'),
    bound: { what: 'sockets', most: 10 },
  },
  {
    name: '20,000 CONNECTs, one by one',
    transport: 'websocket',
    connects: true,
    bodies: () => inBodies(20_000, 500, () => '40'),
    bound: { what: 'sockets', most: 10 },
  },
  {
    name: '1,000 namespaces',
    transport: 'websocket',
    bodies: () => inBodies(1_000, 50, (number) => `40/n${number},`),
    bound: { what: 'sockets', most: 20 },
  },
  {
    name: 'a buffer of 20 kB, referenced 25,000 times',
    transport: 'websocket',
    bodies: () => [
      [
        `451-7["post",{"url":"/echo","data":[${Array(25_000).fill('{"_placeholder":true,"num":0}').join()}]}]`,
        Buffer.alloc(20_000),
      ],
    ],
    own: true,
  },
  {
    name: '900 kB of keys, in a request',
    transport: 'websocket',
    bodies: () => [[`427["post",{"url":"/echo","data":${keysJson(90_000)}}]`]],
    own: true,
  },
  {
    name: '900 kB of keys, to a gateway',
    transport: 'websocket',
    bodies: () => [[`427["echo",${keysJson(90_000)}]`]],
  },
  {
    name: '500 names of nothing to unsubscribe from, 500 times',
    mayPass: true,
    transport: 'websocket',
    bodies: () =>
      inBodies(
        500,
        50,
        (number) => `42${number}["sockets:unsubscribe",{"resource":"tick","ids":[${Array(500).fill(1).join()}]}]`,
      ),
    own: true,
  },
  {
    name: '1,000 ids of others to unsubscribe from, 500 times',
    mayPass: true,
    transport: 'websocket',
    bodies: () =>
      inBodies(500, 50, (number) => `42${number}["sockets:unsubscribe",{"resource":"tick","ids":[${THOUSAND}]}]`),
    own: true,
  },
];
