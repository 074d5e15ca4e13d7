// Raw ws: what a Node server can reach at best. It writes a text that was encoded once to each socket of a room.
import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';
import { followedBy } from '../clients/updates.mjs';

export async function start() {
  const rooms = new Map();
  const http = createServer();
  const server = new WebSocketServer({ server: http, perMessageDeflate: false });
  server.on('connection', (socket) => {
    socket.on('message', (message) => {
      const [, { index, count, records }] = JSON.parse(message);
      const ids = followedBy(index, { count, records });
      for (const id of ids) {
        if (!rooms.has(id)) rooms.set(id, new Set());
        rooms.get(id).add(socket);
      }
      socket.on('close', () => ids.forEach((id) => rooms.get(id).delete(socket)));
      socket.send('["ok"]');
    });
  });
  await new Promise((resolve) => void http.listen(0, '127.0.0.1', resolve));
  return {
    port: http.address().port,
    publish(id, data) {
      const frame = Buffer.from(JSON.stringify(['card', { verb: 'updated', id, data }]));
      for (const socket of rooms.get(id) ?? []) socket.send(frame, { binary: false });
    },
  };
}
