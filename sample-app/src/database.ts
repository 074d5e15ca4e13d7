import type { TypeOrmModuleOptions } from '@nestjs/typeorm';
import libsql from 'libsql';

export const database: TypeOrmModuleOptions = {
  // libsql is SQLite with better-sqlite3's interface, and ships prebuilt binaries for every platform.
  type: 'better-sqlite3',
  driver: libsql,
  database: process.env.DATABASE ?? 'sample-app/task-board.sqlite',
  // Lets one process read while another one writes. Who writes waits for others who do.
  enableWAL: true,
  autoLoadEntities: true,
  // TypeORM adapts the tables to the entities, which suits a sample. Data that matters needs migrations.
  synchronize: true,
};
