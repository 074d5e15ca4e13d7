import { Body, Controller, Delete, Get, Param, Patch, Post, Put, type Type } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import {
  Publish,
  PublishOnCreate,
  PublishOnDestroy,
  PublishOnUpdate,
  Resourceful,
  SubscribeOnRead,
} from '../../../../src/index.js';
import { start, type TestApplication } from '../../../support/application.js';
import type { TestClient } from '../../../support/client.js';
import { listenTo, type Logs } from '../../../support/logs.js';

interface Row {
  id: number;
}

async function run(controller: Type): Promise<{ app: TestApplication; watcher: TestClient; logs: Logs }> {
  let logs!: Logs;
  const app = await start({ controllers: [controller], main: (nest) => void (logs = listenTo(nest)) });
  const watcher = await app.connect();
  await app.channel('hero').watch(watcher.id);
  return { app, watcher, logs };
}

async function heardOf(
  { app, watcher }: { app: TestApplication; watcher: TestClient },
  ...requests: Array<[method: string, path: string, body?: unknown]>
): Promise<unknown[]> {
  for (const [method, path, body = {}] of requests) {
    const { status } = await app.request(method, path, body);
    expect(`${method} ${path}: ${status}`).toMatch(/20[014]$/);
  }
  await app.settle();
  return watcher.heard('hero').map((message) => {
    const { verb, id } = message as { verb: string; id: unknown };
    return `${verb} ${String(id)}`;
  });
}

describe('A publishing decorator on a class', () => {
  it('is about the routes of the collection and of one record, however they are written', async () => {
    @Controller('heroes')
    @Resourceful('hero', { idType: 'string' })
    @PublishOnCreate()
    @PublishOnUpdate()
    @PublishOnDestroy()
    class HeroesController {
      @Post('/')
      create(@Body() body: Row) {
        return body;
      }

      @Post(':heroId')
      createOne(@Body() body: Row) {
        return body;
      }

      @Patch('/:slug/')
      update(@Param('slug') slug: string) {
        return { id: slug };
      }

      @Put([':id', 'by-name/:id'])
      replace(@Param('id') id: string) {
        return { id };
      }

      @Delete(':id')
      remove() {}
    }
    const running = await run(HeroesController);

    expect(
      await heardOf(
        running,
        ['POST', '/heroes', { id: 'a' }],
        ['POST', '/heroes/b', { id: 'b' }],
        ['PATCH', '/heroes/c'],
        ['PUT', '/heroes/d'],
        ['PUT', '/heroes/by-name/e'],
        ['DELETE', '/heroes/f'],
      ),
    ).toEqual(['created a', 'created b', 'updated c', 'updated d', 'updated e', 'destroyed f']);
    expect(running.logs.naming('HeroesController').warnings).toEqual([]);
  });

  it('is about records that several parameters identify', async () => {
    const id = (_record: unknown, { params }: { params: Record<string, string> }): string =>
      `${params.exchange}:${params.symbol}`;
    @Controller('heroes')
    @Resourceful('hero')
    @PublishOnUpdate({ id })
    @PublishOnDestroy({ id })
    class TickersController {
      @Patch(':exchange/:symbol')
      update() {
        return { price: 1 };
      }

      @Delete(':exchange-:symbol')
      remove() {}
    }
    const running = await run(TickersController);
    expect(await heardOf(running, ['PATCH', '/heroes/XETRA/SAP'], ['DELETE', '/heroes/NYSE-IBM'])).toEqual([
      'updated XETRA:SAP',
      'destroyed NYSE:IBM',
    ]);
    expect(running.logs.naming('TickersController').warnings).toEqual([]);
  });

  it('leaves all other routes alone, which boot says in one line', async () => {
    @Controller('heroes')
    @Resourceful('hero')
    @SubscribeOnRead()
    @PublishOnCreate()
    @PublishOnUpdate()
    class HeroesController {
      @Get('search')
      search() {
        return [];
      }

      @Post()
      create(@Body() body: Row) {
        return body;
      }

      @Post('login')
      logIn() {
        return { id: 'token' };
      }

      @Post(['bulk', 'import'])
      createSeveral() {
        return [{ id: 1 }];
      }

      @Patch(':id')
      update(@Param('id') id: string) {
        return { id };
      }

      @Patch(':id/recover')
      recover(@Param('id') id: string) {
        return { id };
      }

      @Post(':id/archive')
      @Publish('archived')
      archive() {}

      @Patch(':id/name')
      @PublishOnUpdate()
      rename() {}

      @Delete(':id/cape')
      takeOff() {}
    }
    const running = await run(HeroesController);

    expect(
      await heardOf(
        running,
        ['POST', '/heroes/login'],
        ['POST', '/heroes/bulk'],
        ['POST', '/heroes/import'],
        ['PATCH', '/heroes/1/recover'],
        ['DELETE', '/heroes/1/cape'],
        ['POST', '/heroes/2/archive'],
        ['PATCH', '/heroes/3/name'],
        ['POST', '/heroes', { id: 4 }],
        ['PATCH', '/heroes/5'],
      ),
    ).toEqual(['archived 2', 'updated 3', 'created 4', 'updated 5']);
    expect(running.logs.naming('HeroesController').warnings).toEqual([
      '@PublishOnCreate() and @PublishOnUpdate() on the class HeroesController publish POST / (create) and ' +
        'PATCH :id (update), and not POST login (logIn), POST bulk | import (createSeveral) and ' +
        'PATCH :id/recover (recover): a decorator on a class is about routes whose own path is that of the ' +
        'collection or of one record. Decorate the other methods themselves, if they are to publish.',
    ]);
  });
});
