import { Controller, Get } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import type { SocketsClient } from '../../../../src/front-ends/client/index.js';
import { Resourceful, SocketsModule, SubscribeOnRead } from '../../../../src/index.js';
import { start, type TestApplication } from '../../../support/application.js';
import { eventually } from '../../../support/eventually.js';
import { client } from '../support/client.js';

interface Article {
  id: number;
  authorId: number;
  title: string;
}

/** The articles of the two authors whom the reader follows. */
@Controller('articles')
@Resourceful('article', { slices: ['authorId'], idType: 'number' })
class ArticlesController {
  @Get()
  @SubscribeOnRead({ watch: true, slice: { authorId: () => [7, 8] } })
  find(): Article[] {
    return [{ id: 1, authorId: 7, title: 'first' }];
  }
}

@Controller('notes')
@Resourceful('note')
class NotesController {}

/** Where the second author's articles are. */
interface Place {
  epoch: string;
  position: number;
  topic: string;
}

async function startFeed(): Promise<{ app: TestApplication; sockets: SocketsClient; place: Place }> {
  const imports = [SocketsModule.forRoot({ authenticate: ({ auth }) => auth.user })];
  const app = await start({ controllers: [ArticlesController, NotesController], imports });
  const sockets = client(app.url, { auth: { user: 5 } });
  const { headers } = await sockets.get('/articles');
  const [, epoch, position] = /^(\S+); article=(\d+)/.exec(String(headers['realtime-position']))!;
  const [, topic] = String(headers['realtime-topics']).split(', ');
  return { app, sockets, place: { epoch, position: Number(position), topic } };
}

/** Tells the client of a new article of the second author, as if it had not been told of the one before. */
async function sendAfterGap(
  app: TestApplication,
  { id }: SocketsClient,
  { epoch, position, topic }: Place,
): Promise<void> {
  // Whose articles it does not read: the server counts as many.
  for (const other of [3, 4]) await app.channel('article').publishCreate({ id: other, authorId: 9 });
  const message = { verb: 'created', id: 2, data: { id: 2, authorId: 8, title: 'second' } };
  const note = { id: 'second', epoch, topics: { [topic]: [position + 1, position + 2] } };
  app.sockets.get(id!)?.emit('article', message, note);
}

describe('A message that waits for one before it while the right to it is revoked', () => {
  it('comes before the revocation, and none after it', async () => {
    const { app, sockets, place } = await startFeed();
    const heard: string[] = [];
    sockets.on<Article>('article', ({ verb, id }) => void heard.push(`${verb} ${id}`));
    sockets.onRevoked(() => void heard.push('revoked'));

    await sendAfterGap(app, sockets, place);
    await app.sockets.revoke({ user: 5, resource: 'article', slice: { authorId: 8 } });

    await eventually(() => expect(heard).toHaveLength(2));
    expect(heard).toEqual(['created 2', 'revoked']);
  });

  it('leaves nothing behind in a live query that showed nothing of it before', async () => {
    const { app, sockets, place } = await startFeed();
    const live = sockets.live<Article[]>('/articles', { compare: (one, other) => one.id - other.id });
    live.subscribe(() => undefined);
    await live.ready();
    const heard: string[] = [];
    sockets.on<Article>('article', (message) => {
      heard.push(message.verb);
    });
    sockets.onRevoked(() => void heard.push('revoked'));

    await sendAfterGap(app, sockets, place);
    await app.sockets.revoke({ user: 5, resource: 'article', slice: { authorId: 8 } });
    await eventually(() => expect(heard).toHaveLength(2));
    await eventually(() => expect(live.status).toBe('live'));
    await app.channel<Article>('article').publishUpdate(1, { title: 'last' });

    await eventually(() => expect(live.data?.[0].title).toBe('last'));
    expect(live.data).toEqual([{ id: 1, authorId: 7, title: 'last' }]);
  });

  it('is not waited for by the revocation of another resource', async () => {
    const { app, sockets, place } = await startFeed();
    const heard: string[] = [];
    sockets.on<Article>('article', ({ verb, id }) => void heard.push(`${verb} ${id}`));
    sockets.onRevoked((revocation) => void heard.push('resource' in revocation ? revocation.resource : ''));
    await app.channel('note').subscribe(sockets.id!, 1);

    await sendAfterGap(app, sockets, place);
    await app.sockets.revoke({ user: 5, resource: 'note' });

    await eventually(() => expect(heard).toHaveLength(2));
    expect(heard).toEqual(['note', 'created 2']);
  });
});

describe('A message that came before a revocation', () => {
  it('is shown by no live query that begins later, though no other query has shown it', async () => {
    const { app, sockets } = await startFeed();
    const byId = (one: Article, other: Article): number => one.id - other.id;
    const first = sockets.live<Article[]>('/articles', { compare: byId, includes: ({ title }) => title !== 'secret' });
    first.subscribe(() => undefined);
    await first.ready();
    const heard: string[] = [];
    sockets.on<Article>('article', ({ verb }) => void heard.push(verb));
    sockets.onRevoked(() => void heard.push('revoked'));
    await app.channel<Article>('article').publishCreate({ id: 2, authorId: 8, title: 'secret' });
    await app.sockets.revoke({ user: 5, resource: 'article', slice: { authorId: 8 } });
    await eventually(() => expect(heard).toEqual(['created', 'revoked']));

    const late = sockets.live<Article[]>('/articles', { compare: byId });
    const shown: unknown[] = [];
    late.subscribe(({ data }) => void shown.push(data));

    expect(await late.ready()).toEqual([{ id: 1, authorId: 7, title: 'first' }]);
    expect(JSON.stringify(shown)).not.toContain('secret');
  });
});
