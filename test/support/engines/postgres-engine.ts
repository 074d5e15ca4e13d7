import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { postgres } from '../../../src/server/cluster/engines/postgres.js';
import { PostgresServer } from '../postgres.js';
import type { Engine } from './engine.js';

export const postgresEngine: Engine = {
  start: () => PostgresServer.start(),

  async join(url, prefix) {
    const pool = new pg.Pool({ connectionString: url });
    return { cluster: postgres({ pool, prefix }), end: () => pool.end() };
  },

  async eavesdrop(url, prefix) {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    const heard: string[] = [];
    const end = randomUUID();
    const ended = new Promise<void>((resolve) => {
      client.on('notification', ({ payload = '' }) => {
        if (payload === end) resolve();
        else heard.push(payload);
      });
    });
    for (const channel of [prefix, end]) await client.query(`LISTEN "${channel}"`);
    return async () => {
      await client.query(`NOTIFY "${end}", '${end}'`);
      await ended;
      await client.end();
      return heard.join('\n');
    };
  },
};
