// Bare Socket.IO, as one writes it by hand.
import { createServer } from 'node:http';
import { Server } from 'socket.io';
import { followedBy } from '../clients/updates.mjs';
import { SERVER_OPTIONS } from './options.mjs';

const card = { id: 7, title: 'card 7', boardId: 7, done: false, tags: ['a', 'b'] };

/** @param adapter joins it to other servers */
export async function start({ adapter } = {}) {
  const http = createServer();
  const io = new Server(http, { ...SERVER_OPTIONS, ...(adapter && { adapter }) });
  io.on('connection', (socket) => {
    socket.on('follow', ({ index, count, records }, acknowledge) => {
      void socket.join(followedBy(index, { count, records }).map((id) => `card ${id}`));
      acknowledge('ok');
    });
    socket.on('get', (_request, acknowledge) => acknowledge({ body: card, statusCode: 200 }));
  });
  await new Promise((resolve) => void http.listen(0, '127.0.0.1', resolve));
  const join = (id, rooms) => io.sockets.sockets.get(id).join(rooms);
  return {
    port: http.address().port,
    publish: (id, data) => void io.to(`card ${id}`).emit('card', { verb: 'updated', id, data }),
    destroy(id) {
      io.to(`card ${id}`).emit('card', { verb: 'destroyed', id });
      io.in(`card ${id}`).socketsLeave(`card ${id}`);
    },
    subscribeInBulk({ ids, first, count }) {
      for (const id of ids)
        void join(
          id,
          Array.from({ length: count }, (_, n) => `card ${first + n}`),
        );
    },
    subscribeOneByOne({ ids, first, count }) {
      for (const id of ids) for (let n = 0; n < count; n++) void join(id, `card ${first + n}`);
    },
  };
}
