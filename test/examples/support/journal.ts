import { join } from 'node:path';
import { ServerProcess } from '../../support/server-process.js';
import { onceDone } from '../../support/lifetime.js';
import { type Article, type ArticleEnvelope, JournalClient, MARKED } from './journal-client.js';

const main = join(import.meta.dirname, '../../../examples/journal/dist/main.js');

/** The journal in a process of its own, with the people and articles that it begins with. */
export class Journal {
  private articles = 0;
  private marks = 0;

  private constructor(private readonly process: ServerProcess) {}

  static async start(): Promise<Journal> {
    const process = await ServerProcess.start(main, { command: 'npm run build:example' });
    onceDone(() => process.stop());
    return new Journal(process);
  }

  get log(): string {
    return this.process.log;
  }

  get url(): string {
    return this.process.url;
  }

  /** Opens a tab of somebody who has signed in by this name, or who has not signed in. */
  async tabOf(username: string | undefined): Promise<JournalClient> {
    return this.tabWith(username === undefined ? undefined : await this.tokenOf(username));
  }

  tabWith(token: string | undefined): Promise<JournalClient> {
    return JournalClient.open(this.url, { token });
  }

  /** Publishes a mark: what comes before it has been published before, and what does not come before it never was. */
  async mark(): Promise<string> {
    const summary = `Mark no. ${++this.marks}`;
    const response = await fetch(`${this.url}/api/articles/${MARKED.slug}`, {
      method: 'PUT',
      headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${await this.tokenOf(MARKED.author)}` },
      body: JSON.stringify({ article: { summary } }),
    });
    if (!response.ok) throw new Error(`No mark was published: ${response.status} ${await response.text()}`);
    return summary;
  }

  /** Publishes an article, with a title of its own unless one is given. */
  async write(writer: JournalClient, article: { title?: string; tagList?: string[] } = {}): Promise<Article> {
    const title = `Article no. ${++this.articles}`;
    const content = { title, summary: 'A summary', body: 'A body', ...article };
    return (await writer.post<ArticleEnvelope>('articles', { article: content })).article;
  }

  private async tokenOf(username: string): Promise<string> {
    const response = await fetch(`${this.url}/api/sessions`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ username }),
    });
    const { session } = (await response.json()) as { session: { token: string } };
    return session.token;
  }
}
