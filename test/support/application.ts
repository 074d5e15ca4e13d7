import { Module, type INestApplication, type ModuleMetadata, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { AddressInfo } from 'node:net';
import { ResourcefulPubSub, SocketsModule, SocketsService, type ResourceChannel } from '../../src/index.js';
import { onceDone } from './lifetime.js';
import { connect, type ClientOptions, type TestClient } from './client.js';
import { platform as platformOfThisProject, type Platform } from './platforms.js';

export interface ApplicationOptions extends ModuleMetadata {
  /** @default the one that the suite runs on in this project */
  platform?: Platform;
  /** What `main.ts` does between creating the application and listening. */
  main?: (app: INestApplication) => void;
}

/** A response, read. */
export interface Answer {
  status: number;
  body: unknown;
  headers: Headers;
}

/** A real Nest application on a real port, and what a test wants of it. */
export class TestApplication {
  private readonly clients: TestClient[] = [];
  private markers = 0;

  constructor(
    readonly nest: INestApplication,
    readonly url: string,
  ) {}

  get sockets(): SocketsService {
    return this.nest.get(SocketsService);
  }

  channel<T = Record<string, unknown>>(resource: string): ResourceChannel<T> {
    return this.nest.get(ResourcefulPubSub).of<T>(resource);
  }

  get<T>(token: Type<T> | symbol | string): T {
    return this.nest.get<T>(token, { strict: false });
  }

  async connect(options: ClientOptions & { namespace?: string } = {}): Promise<TestClient> {
    const { namespace = '', ...rest } = options;
    const client = await connect(this.url + namespace, rest);
    this.clients.push(client);
    return client;
  }

  async request(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    const response = await fetch(this.url + path, {
      method,
      headers: {
        connection: 'close',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    return { status: response.status, body: parse(text), headers: response.headers };
  }

  /**
   * Sends a marker to everybody and waits until all have it: whatever was sent before has arrived, and what has not
   * arrived by now was not sent.
   */
  async settle(): Promise<void> {
    // What a response gives rise to is published in the turn of the event loop after it.
    for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
    const marker = ++this.markers;
    for (const namespace of this.sockets.server._nsps.values()) namespace.emit('marker', marker);
    await Promise.all(
      this.clients
        .filter(({ socket }) => socket.connected)
        .map((client) => client.next<number>('marker', (data) => data === marker)),
    );
  }
}

/**
 * Starts an application with SocketsModule (unless the modules are given) on a free port; it is closed when the test is
 * finished.
 */
export async function start(options: ApplicationOptions = {}): Promise<TestApplication> {
  const { main, platform = platformOfThisProject, imports = [SocketsModule.forRoot()], ...metadata } = options;

  @Module({ imports, ...metadata })
  class AppModule {}

  const nest = await NestFactory.create(AppModule, platform.adapter(), { logger: false, abortOnError: false });
  onceDone(() => nest.close());
  main?.(nest);
  await nest.listen(0, '127.0.0.1');
  const { port } = nest.getHttpServer().address() as AddressInfo;
  return new TestApplication(nest, `http://127.0.0.1:${port}`);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
