import { createRequire } from 'node:module';
import { onTestFinished } from 'vitest';
import type { TestApplication } from '../../../../support/application.js';

/** What `sails.io.js` hands to a callback besides the body. */
export interface Jwr {
  body: unknown;
  headers: Record<string, string>;
  statusCode: number;
  error?: Error;
}

export type Callback = (body: unknown, jwr: Jwr) => void;
type Data = Record<string, unknown> | unknown[];

interface SailsRequest {
  url: string;
  method?: string;
  data?: Data;
  params?: Data;
  headers?: Record<string, unknown>;
}

/** Socket.IO's own socket, of the time of Socket.IO 2. */
export interface OldSocket {
  id: string;
  io: { close(): void; reconnection(on: boolean): void; engine: { transport: { name: string } } };
  connected: boolean;
  emit(event: string, ...args: unknown[]): void;
  on(event: string, listener: (...args: unknown[]) => void): void;
  once(event: string, listener: (...args: unknown[]) => void): void;
  disconnect(): void;
}

/** As much of a `SailsSocket` as the tests use. */
export interface SailsSocket {
  _raw?: OldSocket;
  url?: string;
  headers?: Record<string, string>;
  get(url: string, data?: Data | Callback, callback?: Callback): void;
  post(url: string, data?: Data | Callback, callback?: Callback): void;
  put(url: string, data?: Data | Callback, callback?: Callback): void;
  patch(url: string, data?: Data | Callback, callback?: Callback): void;
  delete(url: string, data?: Data | Callback, callback?: Callback): void;
  request(request: SailsRequest, callback?: Callback): void;
  on(event: string, listener: (...args: unknown[]) => void): SailsSocket;
  off(event: string, listener: (...args: unknown[]) => void): SailsSocket;
  isConnected(): boolean;
  isConnecting(): boolean;
  mightBeAboutToAutoConnect(): boolean;
  disconnect(): void;
  reconnect(): void;
}

export interface SailsSettings {
  autoConnect: boolean;
  environment: string;
  url?: string;
  transports: string[];
  headers?: Record<string, string>;
  initialConnectionHeaders?: Record<string, string>;
  reconnection: boolean;
  reconnectionDelay?: number;
  query?: string;
  path?: string;
}

interface SailsIo {
  sails: SailsSettings & { connect(url: string, settings?: Partial<SailsSettings>): SailsSocket };
  socket: SailsSocket;
}

type OldIo = (url: string, options?: Record<string, unknown>) => OldSocket;

const require = createRequire(import.meta.url);

/** Loads a fresh copy of `socket.io-client` 2. */
export function loadOldClient(): OldIo {
  delete require.cache[require.resolve('socket.io-client-2')];
  return require('socket.io-client-2') as OldIo;
}

/**
 * Loads a fresh copy of the unmodified `sails.io.js`: it changes the Socket.IO client that it is given, and refuses one
 * that it has changed.
 */
export function loadSails(io: unknown = loadOldClient()): SailsIo {
  delete require.cache[require.resolve('sails.io.js')];
  const augment = require('sails.io.js') as (io: unknown) => SailsIo;
  const augmented = augment(io);
  // It says nothing on the console then.
  augmented.sails.environment = 'production';
  return augmented;
}

/** Starts to connect a socket of `sails.io.js`, which is closed after the test. */
export function beginSails(url: string, settings: Partial<SailsSettings> = {}): SailsSocket {
  const io = loadSails();
  io.sails.autoConnect = false;
  const socket = io.sails.connect(url, settings);
  endWithTest(socket);
  return socket;
}

/** Connects such a socket, or rejects with the reason for the refusal. */
export async function connectSails(url: string, settings: Partial<SailsSettings> = {}): Promise<SailsSocket> {
  const socket = beginSails(url, settings);
  await connected(socket);
  return socket;
}

/** Resolves when the socket is connected, and rejects with the reason for the refusal. */
export function connected(socket: SailsSocket): Promise<void> {
  return new Promise((resolve, reject) => {
    if (socket.isConnected()) resolve();
    socket.on('connect', () => resolve());
    socket.on('connect_error', reject);
    socket.on('error', reject);
  });
}

export function endWithTest(socket: SailsSocket): void {
  onTestFinished(() => socket._raw?.io.close());
}

/** Resolves with the arguments of the next event of this name. */
export function nextOf(socket: Pick<SailsSocket, 'on'> | OldSocket, event: string): Promise<unknown[]> {
  return new Promise((resolve) => void socket.on(event, (...args: unknown[]) => resolve(args)));
}

/** Does something, then sends a marker and waits for it: anything that has not arrived by then was not sent. */
export async function settle(app: TestApplication, socket: SailsSocket, deed?: () => Promise<unknown>): Promise<void> {
  const marker = nextOf(socket, 'marker');
  await deed?.();
  await app.sockets.blast('marker', 1);
  await marker;
}

/** Sends a request with `request()` and resolves with what its callback is given. */
export function ask(socket: SailsSocket, request: SailsRequest): Promise<Jwr> {
  return answerTo((callback) => socket.request(request, callback));
}

/** Picks what the callback is given of an answer; fails if its body is not the answer's. */
export function answerTo(send: (callback: Callback) => void): Promise<Jwr> {
  return new Promise((resolve, reject) =>
    send((body, jwr) =>
      body === jwr.body ? resolve(jwr) : reject(body instanceof Error ? body : new Error('Two bodies.')),
    ),
  );
}
