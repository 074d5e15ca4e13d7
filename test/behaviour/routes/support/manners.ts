import type { TestApplication } from '../../../support/application.js';
import type { TestClient } from '../../../support/client.js';

interface Reply {
  status: number;
  body: unknown;
}

/** A way in which a request can be a socket's own. */
interface Manner {
  manner: string;
  send: (app: TestApplication, client: TestClient, method: string, path: string, body?: unknown) => Promise<Reply>;
}

export const overItsSocket: Manner = {
  manner: 'over its socket',
  send: async (_app, { socket }, method, url, data) => {
    const response: unknown = await socket.timeout(60_000).emitWithAck(method.toLowerCase(), { url, data });
    const { statusCode, body } = response as { statusCode: number; body?: unknown };
    return { status: statusCode, body };
  },
};

const namingItsSocket: Manner = {
  manner: 'over HTTP, naming its socket',
  send: (app, { id }, method, path, body) => app.request(method, path, body, { 'x-socket-id': id }),
};

/** Both ways. */
export const manners = [overItsSocket, namingItsSocket];
