import { describe, expect, test } from 'vitest';
import { shared } from '../support/lifetime.js';
import { Journal } from './support/journal.js';
import type { Article, ArticleEnvelope, ArticlesEnvelope, JournalClient } from './support/journal-client.js';

const journal = shared(() => Journal.start());

describe('An article of the journal', () => {
  test('is told to its readers and to the other tab of its author when it changes, not to the tab that changed it', async () => {
    const [writing, otherTab, ines, anonymous] = await tabs('maya', 'maya', 'ines', undefined);
    const { id, slug } = await journal().write(writing);
    for (const reader of [otherTab, ines, anonymous]) await reader.get(`articles/${slug}`);

    await writing.put(`articles/${slug}`, { article: { body: 'Another body' } });
    const mark = await journal().mark();

    const data = expect.objectContaining({ id, body: 'Another body' }) as object;
    for (const reader of [otherTab, ines, anonymous]) {
      expect(await reader.heardBefore(mark)).toEqual([
        ['article', expect.objectContaining({ verb: 'updated', id, data })],
      ]);
    }
    expect(await writing.heardBefore(mark)).toEqual([]);
  });

  test('is somebody’s favorite for their own tabs, and counts as one more for everybody', async () => {
    const [maya, ines, inesToo, tomas, anonymous] = await tabs('maya', 'ines', 'ines', 'tomas', undefined);
    const { id, slug } = await journal().write(maya);
    for (const reader of [maya, inesToo, tomas, anonymous]) await reader.get(`articles/${slug}`);

    await ines.post(`articles/${slug}/favorite`);
    await ines.delete(`articles/${slug}/favorite`);
    const mark = await journal().mark();

    const own = (await inesToo.heardBefore(mark)).map(([, { data }]) => data);
    expect(own).toMatchObject([
      { id, favorited: true, favoritesCount: 1, author: { username: 'maya', following: true } },
      { id, favorited: false, favoritesCount: 0 },
    ]);
    for (const reader of [maya, tomas, anonymous]) {
      const heard = (await reader.heardBefore(mark)).map(([, { data }]) => data as unknown as Article);
      expect(heard).toMatchObject([
        { id, favoritesCount: 1 },
        { id, favoritesCount: 0 },
      ]);
      for (const article of heard) {
        expect(article).not.toHaveProperty('favorited');
        expect(article.author).not.toHaveProperty('following');
      }
    }
  });

  test('keeps its readers when a new title gives it a new name, by which it can be read from then on', async () => {
    const [maya, ines, anonymous] = await tabs('maya', 'ines', undefined);
    const { id, slug } = await journal().write(maya);
    await ines.get(`articles/${slug}`);

    const { article } = await maya.put<ArticleEnvelope>(`articles/${slug}`, {
      article: { title: 'Under another name' },
    });
    await anonymous.get(`articles/${article.slug}`);
    await maya.put(`articles/${article.slug}`, { article: { body: 'Changed again' } });
    const mark = await journal().mark();

    expect(article).toMatchObject({ id, slug: 'under-another-name' });
    await expect(ines.get(`articles/${slug}`)).rejects.toMatchObject({ statusCode: 404 });
    const changed = { verb: 'updated', id, data: { slug: article.slug, body: 'Changed again' } };
    expect(await ines.heardBefore(mark)).toMatchObject([
      ['article', { verb: 'updated', id, data: { slug: article.slug } }],
      ['article', changed],
    ]);
    expect(await anonymous.heardBefore(mark)).toMatchObject([['article', changed]]);
  });

  test('does not pass its readers on to a later article of its old name', async () => {
    const [maya, ines] = await tabs('maya', 'ines');
    const first = await journal().write(maya, { title: 'A name used twice' });
    await ines.get(`articles/${first.slug}`);
    await maya.put(`articles/${first.slug}`, { article: { title: 'Given up' } });

    const second = await journal().write(maya, { title: 'A name used twice' });
    await maya.put(`articles/${second.slug}`, { article: { body: 'Of the second' } });
    const mark = await journal().mark();

    expect(second.slug).toBe(first.slug);
    const ids = (await ines.heardBefore(mark)).map(([, { id }]) => id);
    expect(ids).toEqual([first.id]);
  });

  test('is gone for all who know it when it is deleted by its name, under the id that they know it by', async () => {
    const [maya, otherTab, ines, anonymous] = await tabs('maya', 'maya', 'ines', undefined);
    const { id, slug } = await journal().write(maya);
    for (const reader of [otherTab, ines]) await reader.get(`articles/${slug}`);
    await anonymous.get('articles');

    const { statusCode } = await maya.delete(`articles/${slug}`);
    const mark = await journal().mark();

    expect(statusCode).toBe(204);
    for (const reader of [otherTab, ines, anonymous]) {
      const heard = await reader.heardBefore(mark);
      expect(heard).toMatchObject([['article', { verb: 'destroyed', id, previous: { id, slug } }]]);
    }
    expect(await maya.heardBefore(mark)).toEqual([]);
  });
});

describe('A list of the journal', () => {
  test('of all articles is told about a new one', async () => {
    const [maya, anonymous] = await tabs('maya', undefined);
    const before = await anonymous.get<ArticlesEnvelope>('articles', { limit: '1' });

    const { id, slug } = await journal().write(maya);
    const mark = await journal().mark();

    expect(before.articles).toHaveLength(1);
    expect(await anonymous.heardBefore(mark)).toMatchObject([['article', { verb: 'created', id, data: { id, slug } }]]);
  });

  test('of one author is told about the articles of this author only', async () => {
    const [maya, ines, anonymous] = await tabs('maya', 'ines', undefined);
    await anonymous.get('articles', { author: 'maya' });

    await journal().write(ines);
    const { id } = await journal().write(maya);
    const mark = await journal().mark();

    const heard = (await anonymous.heardBefore(mark)).map(([, message]) => message);
    expect(heard).toMatchObject([{ verb: 'created', id }]);
  });

  test('of one tag is told which articles enter and leave it', async () => {
    const [maya, ines, anonymous] = await tabs('maya', 'ines', undefined);
    await ines.get('articles', { tag: 'kingfishers' });
    await anonymous.get('articles', { tag: 'otters' });
    const { id, slug } = await journal().write(maya, { tagList: ['kingfishers', 'rivers'] });

    await maya.put(`articles/${slug}`, { article: { tagList: ['otters', 'rivers'] } });
    await maya.put(`articles/${slug}`, { article: { body: 'About otters' } });
    const mark = await journal().mark();

    const verbs = async (tab: JournalClient) =>
      (await tab.heardBefore(mark)).map(([, message]) => [message.verb, message.id]);
    expect(await verbs(ines)).toEqual([
      ['created', id],
      ['left', id],
    ]);
    expect(await verbs(anonymous)).toEqual([
      ['entered', id],
      ['updated', id],
    ]);
  });

  test('of one author and one tag is told about what has both', async () => {
    const [maya, ines, anonymous] = await tabs('maya', 'ines', undefined);
    await anonymous.get('articles', { author: 'maya', tag: 'herons' });

    await journal().write(ines, { tagList: ['herons'] });
    await journal().write(maya, { tagList: ['swans'] });
    const { id } = await journal().write(maya, { tagList: ['swans', 'herons'] });
    const mark = await journal().mark();

    const ids = (await anonymous.heardBefore(mark)).map(([, message]) => message.id);
    expect(ids).toEqual([id]);
  });
});

describe('The feed', () => {
  test('is told about the articles of whom its reader follows, in all tabs, until the reader no longer does', async () => {
    const [ines, inesToo, tomas, maya] = await tabs('ines', 'ines', 'tomas', 'maya');
    await journal().write(tomas);
    await ines.post('profiles/tomas/follow');
    const feed = await ines.get<ArticlesEnvelope>('articles/feed');
    await inesToo.get('articles/feed');

    const followed = await journal().write(tomas);
    await ines.delete('profiles/tomas/follow');
    await journal().write(tomas);
    const stillFollowed = await journal().write(maya);
    const mark = await journal().mark();

    expect(feed.articles.map(({ author }) => author.username)).toContain('tomas');
    for (const tab of [ines, inesToo]) {
      expect(await articlesHeardBy(tab, mark)).toEqual([
        ['created', followed.id],
        ['created', stillFollowed.id],
      ]);
    }
  });

  test('is ended for one author by a tab, which goes on hearing of the others', async () => {
    const [ines, inesToo, tomas, maya] = await tabs('ines', 'ines', 'tomas', 'maya');
    const { author } = await journal().write(tomas);
    await ines.post('profiles/tomas/follow');
    for (const tab of [ines, inesToo]) await tab.get('articles/feed');

    await ines.unwatch({ 'author.id': author.id });
    const ofTomas = await journal().write(tomas);
    const ofMaya = await journal().write(maya);
    const mark = await journal().mark();
    await ines.delete('profiles/tomas/follow');

    expect(await articlesHeardBy(ines, mark)).toEqual([['created', ofMaya.id]]);
    expect(await articlesHeardBy(inesToo, mark)).toEqual([
      ['created', ofTomas.id],
      ['created', ofMaya.id],
    ]);
  });

  test('needs somebody who is signed in', async () => {
    const [anonymous] = await tabs(undefined);

    await expect(anonymous.get('articles/feed')).rejects.toMatchObject({ statusCode: 401 });
  });
});

describe('A profile', () => {
  test('is followed for the other tabs of the follower, and has one more follower for everybody', async () => {
    const [ines, inesToo, maya, anonymous] = await tabs('ines', 'ines', 'maya', undefined);
    const profile = await anonymous.get<{ profile: { id: number } }>('profiles/tomas');
    for (const tab of [inesToo, maya]) await tab.get('profiles/tomas');

    await ines.post('profiles/tomas/follow');
    const mark = await journal().mark();
    await ines.delete('profiles/tomas/follow');

    const { id } = profile.profile;
    const updated = { verb: 'updated', id };
    expect(await inesToo.heardBefore(mark)).toMatchObject([
      ['profile', { ...updated, data: { following: true, followersCount: 1 } }],
    ]);
    for (const tab of [maya, anonymous]) {
      const heard = await tab.heardBefore(mark);
      expect(heard).toMatchObject([['profile', { ...updated, data: { followersCount: 1 } }]]);
      expect(heard[0][1].data).not.toHaveProperty('following');
    }
  });
});

describe('A follow', () => {
  test('is told to the tabs of the follower that have not read the profile, so that they read their feeds again', async () => {
    const [ines, inesToo, maya, anonymous] = await tabs('ines', 'ines', 'maya', undefined);
    await inesToo.get('articles/feed');
    const { profile } = await ines.post<{ profile: { id: number } }>('profiles/tomas/follow');
    await ines.delete('profiles/tomas/follow');
    const mark = await journal().mark();

    expect(await inesToo.heardBefore(mark)).toMatchObject([
      ['profile', { verb: 'updated', id: profile.id, data: { following: true } }],
      ['profile', { verb: 'updated', id: profile.id, data: { following: false } }],
    ]);
    for (const tab of [ines, maya, anonymous]) expect(await tab.heardBefore(mark)).toEqual([]);
  });
});

describe('Comments', () => {
  test('are told to those who have read the comments of the article, and to nobody else', async () => {
    const [maya, ines, inesToo, anonymous, elsewhere] = await tabs('maya', 'ines', 'ines', undefined, undefined);
    const { id, slug } = await journal().write(maya);
    const other = await journal().write(maya);
    for (const tab of [inesToo, anonymous]) await tab.get(`articles/${slug}/comments`);
    await elsewhere.get(`articles/${other.slug}/comments`);

    const comment = await ines.comment(slug);
    await ines.delete(`articles/${slug}/comments/${comment.id}`);
    const mark = await journal().mark();

    const data = { id: comment.id, articleId: id, author: { username: 'ines' } };
    for (const tab of [inesToo, anonymous]) {
      expect(await tab.heardBefore(mark)).toMatchObject([
        ['comment', { verb: 'created', id: comment.id, data }],
        ['comment', { verb: 'destroyed', id: comment.id }],
      ]);
    }
    expect(JSON.stringify(await inesToo.heardBefore(mark))).toContain('"following":false');
    expect(JSON.stringify(await anonymous.heardBefore(mark))).not.toContain('following');
    for (const tab of [ines, elsewhere]) expect(await tab.heardBefore(mark)).toEqual([]);
  });

  test('are one more and one less for the readers of their article, with the ids of both', async () => {
    const [maya, ines, anonymous, elsewhere] = await tabs('maya', 'ines', undefined, undefined);
    const { id, slug } = await journal().write(maya);
    const other = await journal().write(maya);
    await anonymous.get(`articles/${slug}`);
    await elsewhere.get(`articles/${other.slug}`);

    const comment = await ines.comment(slug);
    await ines.delete(`articles/${slug}/comments/${comment.id}`);
    const mark = await journal().mark();

    expect(await anonymous.heardBefore(mark)).toEqual([
      ['article', { verb: 'addedTo', id, attribute: 'comments', addedId: comment.id }],
      ['article', { verb: 'removedFrom', id, attribute: 'comments', removedId: comment.id }],
    ]);
    expect(await elsewhere.heardBefore(mark)).toEqual([]);
  });
});

describe('Whoever has a token that is not valid', () => {
  test('is refused, over HTTP and on connecting', async () => {
    const response = await fetch(`${journal().url}/api/articles`, { headers: { Authorization: 'Bearer forged' } });

    expect(response.status).toBe(401);
    await expect(journal().tabWith('forged')).rejects.toMatchObject({ statusCode: 401 });
  });
});

test('The journal has nothing to warn of', () => {
  expect(journal().log).not.toMatch(/WARN|ERROR/);
});

/** What happened to which article, as a tab has heard it before a mark. */
async function articlesHeardBy(tab: JournalClient, mark: string) {
  const heard = await tab.heardBefore(mark);
  return heard.filter(([resource]) => resource === 'article').map(([, { verb, id }]) => [verb, id]);
}

/** Opens a tab for each of these, `undefined` being somebody who is not signed in. */
function tabs<Who extends readonly (string | undefined)[]>(...people: Who) {
  return Promise.all(people.map((who) => journal().tabOf(who))) as Promise<{ [Each in keyof Who]: JournalClient }>;
}
