import LibSql from 'libsql';
import { Sequelize } from 'sequelize';
import { onceDone } from '../../../../support/lifetime.js';
import type { CardsFile } from './cards-file.js';

type Done = (this: { changes: number }, error: Error | null, rows?: unknown[]) => void;

/** What Sequelize uses of the package sqlite3, which has to be compiled; libsql has not. */
class Database {
  private readonly connection: InstanceType<typeof LibSql>;

  constructor(
    readonly filename: string,
    _mode: number,
    opened: (error: null) => void,
  ) {
    this.connection = new LibSql(filename);
    setImmediate(opened, null);
  }

  serialize(work: () => void): void {
    work();
  }

  run(sql: string, _parameters?: unknown, done: Done = () => undefined): void {
    this.execute(() => void this.connection.exec(sql), done);
  }

  all(sql: string, _parameters?: unknown, done: Done = () => undefined): void {
    this.execute(() => this.connection.prepare(sql).all(), done);
  }

  close(closed?: () => void): void {
    this.connection.close();
    closed?.();
  }

  private execute(statement: () => unknown[] | void, done: Done): void {
    try {
      const rows = statement();
      setImmediate(() => done.call({ changes: 1 }, null, rows ?? []));
    } catch (error) {
      setImmediate(() => done.call({ changes: 0 }, error as Error));
    }
  }
}

export function sequelizeOf(file: CardsFile): Sequelize {
  const sequelize = new Sequelize({
    dialect: 'sqlite',
    dialectModule: { Database, OPEN_READWRITE: 2, OPEN_CREATE: 4 },
    storage: file.path,
    logging: false,
  });
  onceDone(() => sequelize.close());
  return sequelize;
}
