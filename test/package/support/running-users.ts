import { io, type Socket } from 'socket.io-client';
import type { Project } from './workshop.js';

/** Runs what a project has compiled, has a user created over HTTP, and answers with the message that a watcher gets. */
export async function messageOfNewUser(app: Project): Promise<{ message: unknown; output: string }> {
  const server = app.start('dist/main.js');
  let watcher: Socket | undefined;
  try {
    const url = await server.wrote(/listening at (\S+)/);
    watcher = io(url, { transports: ['websocket'] });
    const heard = new Promise((resolve) => watcher?.once('user', resolve));
    await watcher.emitWithAck('watch users');

    const { status } = await fetch(`${url}/users`, { method: 'POST', body: new URLSearchParams({ name: 'ada' }) });

    if (status !== 201) throw new Error(`POST /users was answered with ${status}`);
    return { message: await heard, output: server.output };
  } finally {
    watcher?.disconnect();
    await server.stop();
  }
}
