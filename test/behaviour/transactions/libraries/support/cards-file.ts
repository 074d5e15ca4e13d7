import Database from 'libsql';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onceDone } from '../../../../support/lifetime.js';

/** A real database of cards, in a file. It is gone when the test is. */
export class CardsFile {
  readonly path: string;
  /** A connection beside those of the application: it sees only what has been committed. */
  private readonly observer: InstanceType<typeof Database>;

  constructor() {
    const folder = mkdtempSync(join(tmpdir(), 'nestjs-sockets-cards-'));
    this.path = join(folder, 'cards.sqlite');
    this.observer = new Database(this.path);
    // Without this log, a reader would keep the application from committing.
    this.observer.exec(`
      PRAGMA journal_mode = WAL;
      CREATE TABLE board (id INTEGER PRIMARY KEY);
      CREATE TABLE card (
        id INTEGER PRIMARY KEY,
        title TEXT NOT NULL,
        boardId INTEGER REFERENCES board DEFERRABLE INITIALLY DEFERRED
      );
      INSERT INTO card (id, title) VALUES (1, 'old'), (2, 'old');
    `);
    onceDone(() => {
      this.observer.close();
      rmSync(folder, { recursive: true, force: true });
    });
  }

  /** The title of a card, as it has been committed. */
  title(id: number): unknown {
    return (this.observer.prepare('SELECT title FROM card WHERE id = ?').get(id) as { title: string }).title;
  }
}
