import type { TestClient } from '../../../support/client.js';

/** The headers of an answer, which say how far it reaches, and what follows it. */
export type Headers = Record<string, string>;

/** Reads over the socket as a client does that says up to where it has heard; `'new'` if nothing yet. */
export async function read(client: TestClient, since: string, url = '/cards'): Promise<Headers> {
  for (;;) {
    const answer = await client.socket.emitWithAck('get', { url, headers: { 'realtime-since': since } });
    const { headers } = answer as { headers: Headers };
    // On a busy machine, an answer may not wait for the journal until that says where it is.
    if (since !== 'new' || headers['realtime-position']) return headers;
  }
}
