import { createAdapter } from '@socket.io/redis-adapter';
import { createAdapter as createStreamsAdapter } from '@socket.io/redis-streams-adapter';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createClient } from 'redis';
import { Server } from 'socket.io';
import { CardsTable } from './cards-table.js';
import type { JoinedServer, Setting } from './joined-server.js';

/** A Socket.IO server with its defaults and, if it is joined to others, the adapter for Redis. */
export async function startSocketIo({ engine, url, prefix, database }: Setting): Promise<JoinedServer> {
  const http = createServer((_request, response) => void response.writeHead(404).end());
  const io = new Server(http);
  if (engine === 'streams') {
    io.adapter(createStreamsAdapter(await connected(url), { streamName: prefix }));
  } else if (engine !== undefined) {
    const [pub, sub] = await Promise.all([connected(url), connected(url)]);
    io.adapter(createAdapter(pub, sub, { key: prefix }));
  }
  const table = new CardsTable(database);
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  return {
    port: (http.address() as AddressInfo).port,
    publish: async (tick) => io.emit('tick', { verb: 'created', id: tick.id, data: tick }),
    async write(by, pause) {
      const card = table.write(by);
      await new Promise((resolve) => setTimeout(resolve, pause));
      io.emit('card', { verb: 'updated', id: 1, data: card });
    },
    mark: async (id) => io.emit('card', { verb: 'created', id, data: { id, version: 1, by: 'mark' } }),
  };
}

async function connected(url: string) {
  const client = createClient({ url });
  client.on('error', () => undefined);
  return client.connect();
}
