import { Controller, Get, type Type } from '@nestjs/common';
import { ExternalContextCreator } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { Resourceful, SocketsModule, SubscribeOnRead } from '../../../src/index.js';
import { start, TestApplication } from '../../support/application.js';
import { platform } from '../../support/platforms.js';

/** Tells whether an interceptor is around what calls this: Nest runs each of them through rxjs. */
function isIntercepted(): boolean {
  return new Error().stack!.includes('rxjs');
}

@Controller('cards')
@Resourceful('card')
class CardsController {
  @Get(':id')
  @SubscribeOnRead()
  findOne(): object {
    return { id: 1, isIntercepted: isIntercepted() };
  }

  @Get(':id/history')
  findHistory(): object {
    return { isIntercepted: isIntercepted() };
  }
}

@Controller('plain')
class PlainController {
  @Get()
  find(): object {
    return { isIntercepted: isIntercepted() };
  }
}

@Controller('late')
class CardsOfASubclassController extends CardsController {}

const application = () =>
  start({
    imports: [SocketsModule.forRoot()],
    controllers: [CardsController, PlainController, CardsOfASubclassController] as Type[],
  });

describe('what the library does for its routes', () => {
  const { stackTraceLimit } = Error;

  beforeEach(() => {
    Error.stackTraceLimit = 200;
  });

  afterEach(() => {
    Error.stackTraceLimit = stackTraceLimit;
  });

  it.for(['/cards/1', '/late/1', '/cards/1/history', '/plain'])('runs no route through rxjs: %s', async (path) => {
    const app = await application();
    expect(await app.request('GET', path)).toMatchObject({ body: { isIntercepted: false } });
  });

  it('is done for each application of a process by its own interceptor', async () => {
    const [one, other] = [await application(), await application()];
    for (const app of [one, other]) {
      const client = await app.connect();
      expect(await app.request('GET', '/cards/1', undefined, { 'x-socket-id': client.id })).toMatchObject({
        body: { id: 1 },
      });
      await app.channel('card').publishUpdate(1, { title: 'new' });
      await app.settle();
      expect(client.heard('card')).toMatchObject([{ verb: 'updated', id: 1 }]);
    }
  });

  it('is done as well where Nest does not offer what that needs, as one interceptor in the list', async () => {
    const testing = await Test.createTestingModule({
      imports: [SocketsModule.forRoot()],
      controllers: [CardsController, PlainController],
    })
      .overrideProvider(ExternalContextCreator)
      .useValue({})
      .compile();
    const nest = testing.createNestApplication(platform.adapter(), { logger: false });
    onTestFinished(() => nest.close());
    await nest.listen(0, '127.0.0.1');
    const { port } = nest.getHttpServer().address() as AddressInfo;
    const app = new TestApplication(nest, `http://127.0.0.1:${port}`);
    const client = await app.connect();

    expect(await app.request('GET', '/plain')).toMatchObject({ body: { isIntercepted: true } });
    expect(await app.request('GET', '/cards/1', undefined, { 'x-socket-id': client.id })).toMatchObject({
      body: { id: 1, isIntercepted: true },
    });
    await app.channel('card').publishUpdate(1, { title: 'new' });
    await app.settle();

    expect(client.heard('card')).toMatchObject([{ verb: 'updated', id: 1 }]);
  });
});
