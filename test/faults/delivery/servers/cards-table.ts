import Database from 'libsql';
import type { Card } from './joined-server.js';

/** The table of cards, in a file that several servers write. There is one card. */
export class CardsTable {
  private readonly database: Database.Database;

  constructor(file: string) {
    this.database = new Database(file);
    // They wait for each other.
    this.database.pragma('busy_timeout = 10000');
    this.database.exec('CREATE TABLE IF NOT EXISTS card (id INTEGER PRIMARY KEY, version INTEGER, by TEXT)');
    this.database.exec("INSERT OR IGNORE INTO card VALUES (1, 0, '')");
  }

  write(by: string): Card {
    return this.database
      .prepare('UPDATE card SET version = version + 1, by = ? WHERE id = 1 RETURNING id, version, by')
      .get(by) as Card;
  }

  read(): Card {
    return this.database.prepare('SELECT id, version, by FROM card WHERE id = 1').get() as Card;
  }

  close(): void {
    this.database.close();
  }
}
