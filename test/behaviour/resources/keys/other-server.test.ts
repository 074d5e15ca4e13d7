import { describe, expect, it } from 'vitest';
import { withCluster } from '../../../support/cluster.js';
import { Articles, articlesController, read, told } from './support/articles.js';

const startCluster = withCluster();

describe('On two servers', () => {
  it('a rename and an end are told, so that the next record of that name does not reach the old readers', async (context) => {
    const shared = new Articles();
    const cluster = await startCluster(context, {
      controllers: [articlesController()],
      providers: [{ provide: Articles, useValue: shared }],
    });
    const { a, b } = cluster;
    const [reader, watcher] = [await cluster.connect(a), await cluster.connect(b)];
    await read(reader, '/articles/hello');
    await read(watcher, '/articles');

    await b.request('PATCH', '/articles/hello?bare', { slug: 'bye' });
    await cluster.settle();
    await a.request('PATCH', '/articles/bye?bare', { title: 'A' });
    await cluster.settle();
    await b.request('POST', '/articles', { slug: 'hello', title: 'secret' });
    await a.request('PATCH', '/articles/hello?bare', { title: 'more secret' });
    await b.request('DELETE', '/articles/bye');
    await cluster.settle();
    await b.request('POST', '/articles', { slug: 'bye', title: 'secret' });
    await a.request('DELETE', '/articles/bye');
    await cluster.settle();

    expect(told(reader)).toEqual(['updated 1', 'updated 1', 'destroyed 1']);
    expect(JSON.stringify(reader.received)).not.toContain('secret');
    expect(told(watcher)).toEqual(['updated 1', 'updated 1', 'created 11', 'destroyed 1', 'created 12']);
  });

  it('a rename is told, even if a reader has seen the new name before it was published', async (context) => {
    const shared = new Articles();
    const cluster = await startCluster(context, {
      controllers: [articlesController()],
      providers: [{ provide: Articles, useValue: shared }],
    });
    const { a, b } = cluster;
    const [reader, quick] = [await cluster.connect(a), await cluster.connect(b)];
    await read(reader, '/articles/hello');

    shared.find('hello').slug = 'bye';
    await read(quick, '/articles/bye');
    await b.request('PATCH', '/articles/bye', { title: 'A' });
    await cluster.settle();
    await b.request('POST', '/articles', { slug: 'hello', title: 'secret' });
    await a.request('PATCH', '/articles/hello?bare', { title: 'more secret' });
    await cluster.settle();

    expect(told(reader)).toEqual(['updated 1']);
    expect(JSON.stringify(reader.received)).not.toContain('secret');
  });
});
