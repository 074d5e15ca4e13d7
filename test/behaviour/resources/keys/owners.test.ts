import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Put } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import {
  hasMany,
  PublishOnAdd,
  PublishOnDestroy,
  PublishOnRemove,
  PublishOnUpdate,
  type PublishContext,
  Resourceful,
  SubscribeOnRead,
} from '../../../../src/index.js';
import { start } from '../../../support/application.js';
import { Logs } from '../../../support/logs.js';
import { read, told } from './support/articles.js';

describe('The owner of a collection that its path names by a key', () => {
  it('is never the member that the answer shows, whatever key that has', async () => {
    @Controller('orgs')
    @Resourceful('org', { key: 'slug', relations: { teams: hasMany('team', 'org') } })
    class OrgsController {
      @Post(':slug/teams')
      @PublishOnAdd('teams')
      add(@Body() body: object) {
        return { id: 7, ...body };
      }

      @Delete(':slug/teams/:teamSlug')
      @PublishOnRemove('teams')
      remove(@Param('teamSlug') slug: string) {
        return { id: 7, slug };
      }

      @Put(':slug/teams/:teamId')
      @PublishOnAdd('teams')
      put(@Param('slug') slug: string) {
        return { id: 3, slug };
      }
    }
    @Controller('teams')
    @Resourceful('team', { key: 'slug' })
    class TeamsController {}
    const log = new Logs();
    const app = await start({ controllers: [OrgsController, TeamsController], main: log.open });
    const watcher = await app.connect();
    await app.channel('org').watch(watcher.id);

    for (const slug of ['core', 'acme']) await app.request('POST', '/orgs/acme/teams', { slug });
    for (const slug of ['core', 'acme']) await app.request('DELETE', `/orgs/acme/teams/${slug}`);
    await app.request('PUT', '/orgs/globex/teams/7');
    await app.settle();

    // Only what cannot be a team tells which organization it is.
    expect(told(watcher, 'org')).toEqual(['addedTo 3']);
    const { warnings, errors } = log.naming('this process has not seen which record of "org" has this slug');
    expect([...warnings, ...errors]).toEqual([
      expect.stringMatching(/PublishOnAdd.*; give the record as it was, by the option "previous"/),
      expect.stringMatching(/PublishOnRemove.*, or give the record as it was, by the option "previous"/),
    ]);
  });
});

describe('A record that a path names by its key', () => {
  it('is the one of exactly this key among several as they were', async () => {
    const previous = () => [
      { id: 1, slug: 'HELLO' },
      { id: 2, slug: 'hello' },
    ];
    @Controller('articles')
    @Resourceful('article', { key: 'slug' })
    class ArticlesController {
      @Delete(':slug')
      @HttpCode(204)
      @PublishOnDestroy({ previous })
      remove() {}
    }
    const app = await start({ controllers: [ArticlesController] });
    const watcher = await app.connect();
    await app.channel('article').watch(watcher.id);

    await app.request('DELETE', '/articles/hello');
    await app.settle();

    expect(told(watcher)).toEqual(['destroyed 2']);
  });

  it('is known by the id that a pipe has loaded, even if that looks like a key', async () => {
    class BySlug {
      transform(slug: string) {
        return { id: 'tz4a98xxat96iws9zmbrgj3a', slug };
      }
    }
    @Controller('articles')
    @Resourceful('article', { key: 'slug' })
    class ArticlesController {
      @Patch(':slug')
      @PublishOnUpdate()
      update(@Param('slug', BySlug) _article: object) {}

      @Delete(':slug')
      @HttpCode(204)
      @PublishOnDestroy()
      remove(@Param('slug', BySlug) _article: object) {}
    }
    const app = await start({ controllers: [ArticlesController] });
    const watcher = await app.connect();
    await app.channel('article').watch(watcher.id);

    await app.request('PATCH', '/articles/hello');
    await app.request('DELETE', '/articles/hello');
    await app.settle();

    expect(told(watcher)).toEqual(['updated tz4a98xxat96iws9zmbrgj3a', 'destroyed tz4a98xxat96iws9zmbrgj3a']);
  });

  it('is the one that the record as it was says, where the answer shows the same key and no id', async () => {
    @Controller('articles')
    @Resourceful('article', { key: 'slug' })
    class ArticlesController {
      @Patch(':slug')
      @PublishOnUpdate({ previous: ({ params }: PublishContext) => ({ id: 3, slug: params.slug }) })
      update(@Param('slug') slug: string, @Body() body: object) {
        return { slug, ...body };
      }
    }
    const app = await start({ controllers: [ArticlesController] });
    const watcher = await app.connect();
    await app.channel('article').watch(watcher.id);

    await app.request('PATCH', '/articles/hello', { title: 'A' });
    await app.request('PATCH', '/articles/hello', { slug: 'bye' });
    await app.settle();

    expect(told(watcher)).toEqual(['updated 3', 'updated 3']);
  });

  it('is not the one that this process knows by the name which an unknown record is given', async () => {
    @Controller('articles')
    @Resourceful('article', { key: 'slug' })
    class ArticlesController {
      @Get(':slug')
      @SubscribeOnRead()
      findOne(@Param('slug') slug: string) {
        return { id: 1, slug };
      }

      @Patch(':slug')
      @PublishOnUpdate()
      update(@Body() body: object) {
        return body;
      }
    }
    const log = new Logs();
    const app = await start({ controllers: [ArticlesController], main: log.open });
    const reader = await app.connect();
    await read(reader, '/articles/hello');

    await app.request('PATCH', '/articles/unheard-of', { slug: 'hello', title: 'secret' });
    await app.request('PATCH', '/articles/HELLO', { slug: 'hello', title: 'A' });
    await app.settle();

    expect(reader.heard('article')).toEqual([{ verb: 'updated', id: 1, data: { slug: 'hello', title: 'A' } }]);
    expect(log.naming('this process has not seen which record').warnings).toHaveLength(1);
  });
});

describe('A record that was read by the key in the path', () => {
  it('is the one that changed, whatever else the answer is about', async () => {
    const previous = (): object => ({ id: 1, slug: 'hello' });

    @Controller('articles')
    @Resourceful('article', { key: 'slug' })
    class ArticlesController {
      @Delete(':slug')
      @PublishOnDestroy({ previous })
      remove() {
        return { id: 99, status: 'queued' };
      }

      @Patch(':slug')
      @PublishOnUpdate({ previous })
      update() {
        return { id: 98, status: 'queued' };
      }
    }
    const app = await start({ controllers: [ArticlesController] });
    const reader = await app.connect();
    for (const id of [1, 98, 99]) await app.channel('article').subscribe(reader.id, id);

    await app.request('PATCH', '/articles/hello');
    await app.request('DELETE', '/articles/hello');
    await app.settle();

    expect(told(reader)).toEqual(['updated 1', 'destroyed 1']);
  });
});
