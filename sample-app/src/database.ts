import type { TypeOrmModuleOptions } from '@nestjs/typeorm';
import libsql from 'libsql';

export const database: TypeOrmModuleOptions = {
  // libsql is SQLite behind better-sqlite3's interface, with binaries for every platform inside its package.
  type: 'better-sqlite3',
  driver: libsql,
  database: process.env.DATABASE ?? 'sample-app/task-board.sqlite',
  autoLoadEntities: true,
  // The tables follow the entities, which suits a sample; data that somebody would miss needs migrations.
  synchronize: true,
};
