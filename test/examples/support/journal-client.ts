import { connect, type ClientResponse, type SocketsClient } from '../../../src/front-ends/client/index.js';
import { TestClient } from '../../support/client.js';
import { messages } from '../../support/messages.js';
import { onceDone } from '../../support/lifetime.js';

export interface Article {
  id: number;
  slug: string;
  title: string;
  tagList: string[];
  favorited: boolean;
  favoritesCount: number;
  author: { id: number; username: string; following: boolean };
}

export interface ArticleEnvelope {
  article: Article;
}

export interface ArticlesEnvelope {
  articles: Article[];
  articlesCount: number;
}

/** The article whose changes are marks: whoever has received one has received all that was published before it. */
export const MARKED = { id: 2, slug: 'sourdough-in-a-cold-kitchen', author: 'tomas' };

interface Message {
  verb: string;
  id: number;
  data?: { summary?: string };
  [field: string]: unknown;
}

/** A tab with a page of the journal: the client of this package, which writes down what it receives. */
export class JournalClient {
  private constructor(
    private readonly sockets: SocketsClient,
    private readonly received: TestClient,
  ) {}

  static async open(url: string, auth: { token?: string }): Promise<JournalClient> {
    const sockets = connect(url, { auth, forceNew: true });
    onceDone(() => sockets.close());
    const client = new JournalClient(sockets, new TestClient(sockets.socket));
    await client.get(`articles/${MARKED.slug}`);
    return client;
  }

  async get<Body>(path: string, query?: Record<string, string>): Promise<Body> {
    return (await this.sockets.get<Body>(`/api/${path}`, query)).body;
  }

  async post<Body>(path: string, body?: object): Promise<Body> {
    return (await this.sockets.post<Body>(`/api/${path}`, body)).body;
  }

  async put<Body>(path: string, body: object): Promise<Body> {
    return (await this.sockets.put<Body>(`/api/${path}`, body)).body;
  }

  delete(path: string): Promise<ClientResponse> {
    return this.sockets.delete(`/api/${path}`);
  }

  /** No longer watches this slice of the articles. */
  unwatch(slice: Record<string, number>): Promise<void> {
    return this.sockets.unsubscribe('article', slice);
  }

  async comment(slug: string): Promise<{ id: number }> {
    const comment = { body: 'Well said' };
    return (await this.post<{ comment: { id: number } }>(`articles/${slug}/comments`, { comment })).comment;
  }

  /** Returns what this tab has received before a mark, in order: the resource and the message. */
  async heardBefore(mark: string): Promise<[resource: string, message: Message][]> {
    await this.received.next<Message>('article', ({ data }) => data?.summary === mark);
    const all = messages(this.received) as [string, Message][];
    const heard = all.slice(
      0,
      all.findIndex(([, { data }]) => data?.summary === mark),
    );
    // What the client is told of positions is no message of a resource.
    const told = heard.filter(([event]) => !event.startsWith('sockets:'));
    return told.filter(([resource, { id }]) => resource !== 'article' || id !== MARKED.id);
  }
}
