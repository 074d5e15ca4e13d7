import { Controller, Get, Req } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { SocketsModule } from '../../../src/index.js';
import { start, type TestApplication } from '../../support/application.js';
import { eventually } from '../../support/eventually.js';
import { ask } from './support/ask.js';

let connections: Duplex[];

@Controller('connection')
class ConnectionController {
  @Get()
  find(@Req() request: IncomingMessage): object {
    connections.push(request.socket);
    return {};
  }
}

function open(): Promise<TestApplication> {
  connections = [];
  return start({ controllers: [ConnectionController], imports: [SocketsModule.forRoot()] });
}

const request = { url: '/connection' };

describe('The connection of a request over the socket, as the application sees it', () => {
  it('is never that of another client', async () => {
    const app = await open();
    const clients = [await app.connect(), await app.connect()];

    for (const client of [...clients, ...clients]) await ask(client, 'get', request);

    const [first, second, firstAgain, secondAgain] = connections;
    expect(first === second || first === secondAgain || firstAgain === second || firstAgain === secondAgain).toBe(
      false,
    );
  });

  it('closes when it has been idle for a while, and the next request has another one', async () => {
    const app = await open();
    const client = await app.connect();
    await ask(client, 'get', request);

    await eventually(() => expect(connections[0].destroyed).toBe(true));
    const { statusCode } = await ask(client, 'get', request);

    expect(statusCode).toBe(200);
    expect(connections[1]).not.toBe(connections[0]);
  });
});
