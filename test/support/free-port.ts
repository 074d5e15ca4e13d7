import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/** Systems give others to connections, and to servers on port 0, which would take a port while its program is away. */
const [FIRST, LAST] = [12_000, 32_000];

/** For what has to know its port beforehand, or comes back on it. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(FIRST, LAST + 1);
    if (await isFree(port)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer().once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
