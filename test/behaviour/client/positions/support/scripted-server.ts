import { createServer } from 'node:http';
import { EventEmitter, once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Server, type Socket } from 'socket.io';
import { onTestFinished } from 'vitest';
import type { SocketsClient } from '../../../../../src/front-ends/client/index.js';

/** A read as it has arrived, which the test answers. */
export interface ArrivedRead {
  url: string;
  /** What the client says that it has. */
  since: string | undefined;
  answer(headers?: Record<string, string>, body?: unknown): void;
  refuse(statusCode: number): void;
}

/** A question for what is missing, which the test answers. */
export interface ArrivedQuestion {
  since: string;
  topics?: string[];
  answer(body: { recovered: boolean; position: string; resources?: string[]; foreign?: string[] }): void;
  refuse(statusCode: number, headers: Record<string, string>): void;
}

/** A change as it has arrived. */
export interface ArrivedChange {
  mutation: string;
  answer(): void;
}

type Topics = Record<string, [previous: number, position: number]>;

/**
 * Stands in for a server, and sends what a test tells it to: a real one hardly ever loses a message, sends it twice, or
 * answers late.
 */
export class ScriptedServer {
  url = '';
  epoch = 'e1';
  private readonly reads: ArrivedRead[] = [];
  private readonly questions: ArrivedQuestion[] = [];
  private readonly changes: ArrivedChange[] = [];
  private readonly arrivals = new EventEmitter();
  private io!: Server;

  static async start(): Promise<ScriptedServer> {
    const server = new ScriptedServer();
    const http = createServer();
    // Tests that let minutes pass at once are not to be cut off.
    server.io = new Server(http, { pingInterval: 1_000_000 });
    server.io.on('connection', (socket) => server.serve(socket));
    server.io.of('/other');
    onTestFinished(() => void server.io.close());
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    server.url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
    return server;
  }

  /** Resolves with the first read that the test has not seen yet, as soon as it arrives. */
  async nextRead(): Promise<ArrivedRead> {
    while (this.reads.length === 0) await once(this.arrivals, 'read');
    return this.reads.shift()!;
  }

  /** Resolves with the first question that the test has not seen yet, as soon as it arrives. */
  async nextQuestion(): Promise<ArrivedQuestion> {
    while (this.questions.length === 0) await once(this.arrivals, 'question');
    return this.questions.shift()!;
  }

  /** Resolves with the first change that the test has not seen yet, as soon as it arrives. */
  async nextChange(): Promise<ArrivedChange> {
    while (this.changes.length === 0) await once(this.arrivals, 'change');
    return this.changes.shift()!;
  }

  /** How many questions the test has not seen. */
  get unseenQuestions(): number {
    return this.questions.length;
  }

  /** How many reads the test has not seen. */
  get unseenReads(): number {
    return this.reads.length;
  }

  /** Sends a message that says its own position. */
  publish(topics: Topics, resource = 'card', namespace = '/'): void {
    const [[, position]] = Object.values(topics);
    const { epoch } = this;
    const note = { id: `${epoch} ${resource} ${position}`, epoch, topics };
    this.io.of(namespace).emit(resource, { verb: 'messaged', id: 1, data: position }, note);
  }

  emit(event: string, ...args: unknown[]): void {
    this.io.emit(event, ...args);
  }

  /** Ends all connections as a network does. */
  cut(): void {
    for (const { conn } of this.io.sockets.sockets.values()) conn.close();
  }

  /** Everything that was sent before has arrived at the client. */
  async settle(client: SocketsClient): Promise<void> {
    const mark = new Promise((resolve) => client.socket.once('settled', resolve));
    this.io.emit('settled');
    await mark;
  }

  private serve(socket: Socket): void {
    socket.on('get', (request: { url: string; headers: Record<string, string> }, acknowledge) => {
      const { url, headers } = request;
      const answer = (more: Record<string, string> = {}, body: unknown = []): void =>
        acknowledge({ statusCode: 200, headers: { 'realtime-resource': 'card', ...more }, body });
      const refuse = (statusCode: number): void => acknowledge({ statusCode, headers: { 'x-a': '1' }, body: 'no' });
      this.reads.push({ url, since: headers['realtime-since'], answer, refuse });
      this.arrivals.emit('read');
    });
    socket.on('post', ({ headers }: { headers: Record<string, string> }, acknowledge) => {
      const mutation = headers['mutation-id'];
      const answer = (): void => acknowledge({ statusCode: 200, headers: { 'mutation-id': mutation } });
      this.changes.push({ mutation, answer });
      this.arrivals.emit('change');
    });
    socket.on('sockets:missing', (question: { since: string; topics?: string[] }, acknowledge) => {
      const answer = (body: object): void =>
        acknowledge({ statusCode: 200, headers: {}, body: { resources: [], foreign: [], ...body } });
      const refuse = (statusCode: number, headers: Record<string, string>): void =>
        acknowledge({ statusCode, headers, body: 'no' });
      this.questions.push({ ...question, answer, refuse });
      this.arrivals.emit('question');
    });
  }
}
