import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { connect, type SocketsClient } from '../../../../src/front-ends/client/index.js';
import type { Child } from '../../support/child.js';

export interface Closing {
  clients: number;
  /** How many requests are under way, each of which takes a second. Every fifth is one over HTTP. */
  requests: number;
  by: 'SIGTERM' | 'app.close()';
}

export interface ClosingOutcome {
  requests: number;
  answered: number;
  /** How many clients were told to come back later. */
  told: number;
  clients: number;
  /** How the process has ended: its exit code, a signal, or not at all. */
  exit: number | string;
  /** After how many milliseconds. */
  took: number;
}

/** How long anything may take until the trial goes on without it, in milliseconds. */
const PATIENCE = 30_000;

/** Ends a server while it has clients, and requests under way. */
export async function tryClosing(server: Child, { clients, requests, by }: Closing): Promise<ClosingOutcome> {
  const url = `http://127.0.0.1:${await server.ask<number>('port')}`;
  const all = await Promise.all(Array.from({ length: clients }, () => connected(url)));
  let told = 0;
  for (const { socket } of all) socket.once('sockets:closing', () => told++);
  const answers = Array.from({ length: requests }, (_, index) =>
    index % 5 === 0 ? overHttp(url) : all[index % clients].get('/reports').then(isDone, () => false),
  );
  while ((await server.ask<number>('underWay')) !== requests) await pause(5);
  const begin = performance.now();
  if (by === 'SIGTERM') server.signal('SIGTERM');
  else void server.ask('close');
  const death = await server.ended(PATIENCE);
  const took = performance.now() - begin;
  for (const client of all) client.close();
  const answered = (await Promise.all(answers)).filter(Boolean).length;
  return { requests, answered, told, clients, exit: death?.code ?? death?.signal ?? 'none', took };
}

async function connected(url: string): Promise<SocketsClient> {
  const client = connect(url, { transports: ['websocket'], forceNew: true, reconnection: false });
  await once(client.socket as never, 'connect');
  return client;
}

async function overHttp(url: string): Promise<boolean> {
  try {
    return isDone({ body: await (await fetch(`${url}/reports`)).json() });
  } catch {
    return false;
  }
}

const isDone = ({ body }: { body: unknown }): boolean => (body as { isDone?: boolean }).isDone === true;
