import { Controller, Delete, Get, HttpCode, Param } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { PublishOnDestroy, Resourceful, SubscribeOnRead, type RecordId } from '../../../../src/index.js';
import { start } from '../../../support/application.js';
import { withCluster } from '../../../support/cluster.js';
import { Logs } from '../../../support/logs.js';
import { Articles, articlesController, read, told } from './support/articles.js';

const startCluster = withCluster();

describe('A resource without a key', () => {
  const uuid = 'c1f0a8e4-90f0-4f62-9d2e-0d1c1f1c0001';
  const rows: Array<[ids: RecordId, published: string, words: RegExp]> = [
    [1, 'hello', /":slug", which is a text here.*"draft" that were read have numbers.*\{ key: 'slug' \}/],
    [uuid, 'hello', /":slug", which is a text here.*have UUIDs.*\{ key: 'slug' \}/],
    ['507f1f77bcf86cd799439011', 'hello', /have ObjectIds.*\{ key: 'slug' \}/],
    [uuid, '4', /":slug", which is a number here.*have UUIDs.*say where the id is/],
    ['hello-there', '4', /":slug", which is a number here.*have texts.*say where the id is/],
  ];

  it.each(rows)('that is read as %o and published as %o is warned of, once', async (id, published, words) => {
    @Controller('drafts')
    @Resourceful('draft')
    class DraftsController {
      @Get()
      @SubscribeOnRead()
      list() {
        return [{ id }];
      }

      @Delete(':slug')
      @HttpCode(204)
      @PublishOnDestroy()
      remove(@Param('slug') _slug: string) {}
    }
    const logs = new Logs();
    const app = await start({ controllers: [DraftsController], main: logs.open });
    const reader = await app.connect();
    await read(reader, '/drafts');

    await app.request('DELETE', `/drafts/${id}`);
    await app.settle();
    expect(told(reader, 'draft')).toEqual([`destroyed ${id}`]);
    expect(logs.naming('DraftsController.remove(): the path names').warnings).toEqual([]);

    await app.request('DELETE', `/drafts/${published}`);
    await app.request('DELETE', `/drafts/${published}`);
    await app.settle();

    expect(logs.naming('DraftsController.remove(): the path names').warnings).toEqual([expect.stringMatching(words)]);
  });
});

describe('At boot, a route that names a record by its key alone', () => {
  it('is warned of on several servers, unless it gives the record as it was', async (context) => {
    const logs = new Logs();
    await startCluster(context, { controllers: [articlesController()], providers: [Articles], main: logs.open });
    const [line, ...others] = new Set(logs.naming('by its slug').warnings);
    expect(others).toEqual([]);
    expect(line).toMatch(/@PublishOnDestroy\(\) on ArticlesController\.remove\(\).*option "previous"/);
    expect(line).not.toContain('update()');

    const calm = new Logs();
    const controllers = [articlesController({ previous: true })];
    await startCluster(context, { controllers, providers: [Articles], main: calm.open });
    expect(calm.naming('by its slug').warnings).toEqual([]);
  });

  it('is warned of on one server only if that remembers no keys', async () => {
    for (const [rememberedKeys, count] of [
      [1, 0],
      [0, 1],
    ]) {
      const logs = new Logs();
      await start({ controllers: [articlesController({ rememberedKeys })], providers: [Articles], main: logs.open });
      expect(logs.naming('by its slug').warnings).toHaveLength(count);
    }
  });
});
