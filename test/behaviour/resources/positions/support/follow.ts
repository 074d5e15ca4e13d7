import type { DeliveryNote } from '../../../../../src/index.js';
import type { TestApplication } from '../../../../support/application.js';
import type { TestClient } from '../../../../support/client.js';

export interface Read {
  statusCode: number;
  body: unknown;
  headers: Record<string, string | undefined>;
}

/** Reads over the client's own socket. When the answer arrives is noted among the events, as `answer`. */
export async function read(client: TestClient, url: string, headers: Record<string, string> = {}): Promise<Read> {
  return new Promise((resolve) => {
    client.socket.emit('get', { url, headers }, (answer: Read) => {
      client.received.push(['answer', url]);
      resolve(answer);
    });
  });
}

/** Reads over HTTP, in the name of the client's socket. */
export async function readOverHttp(app: TestApplication, { id }: TestClient, url: string): Promise<Read> {
  const { status, body, headers } = await app.request('GET', url, undefined, { 'x-socket-id': id });
  return { statusCode: status, body, headers: Object.fromEntries(headers) };
}

const SAID = new Set(['answer', 'sockets:recovered', 'sockets:position', 'sockets:stale', 'revoked']);

/**
 * What a client has received, in order: of messages, the resource, the verb, the id and the title; of all else, the
 * event.
 */
export const story = (client: TestClient): string[] =>
  client.received
    .filter(([event]) => event !== 'marker')
    .map(([event, message]) => {
      if (SAID.has(event)) return event;
      const { verb, id, data } = message as { verb: string; id: number; data?: { title?: string; name?: string } };
      return [event, verb, id, data?.title ?? data?.name].filter((one) => one !== undefined).join(' ');
    });

/** The positions that the delivery notes of a client name, by topic, in the order of arrival. */
export function positionsOf(client: TestClient, resource = 'card'): Record<string, Array<[number, number]>> {
  const found: Record<string, Array<[number, number]>> = {};
  for (const [event, message, note] of client.received) {
    const said = event === 'sockets:position' ? (message as { resource: string } & DeliveryNote) : undefined;
    if (event !== resource && said?.resource !== resource) continue;
    const { topics = {} } = said ?? (note as DeliveryNote);
    for (const [topic, positions] of Object.entries(topics)) (found[topic] ??= []).push(positions);
  }
  return found;
}

/** What a client says that it has: as its last answer, or the last thing that it was sent, tells. */
export const sinceOf = ({ headers }: Read): string => headers['realtime-position'] ?? 'new';

/** Disconnects a client, and connects one in its place with the same user. */
export async function comeBack(app: TestApplication, client: TestClient): Promise<TestClient> {
  const { auth } = client.socket;
  client.socket.disconnect();
  return app.connect({ auth: auth as Record<string, unknown> });
}

/** Asks for what a client lacks. */
export async function askForMissing(
  client: TestClient,
  question: unknown,
): Promise<{ statusCode: number; body: Record<string, unknown>; headers: Record<string, string> }> {
  return new Promise((resolve) => {
    client.socket.emit('sockets:missing', question, (answer: Awaited<ReturnType<typeof askForMissing>>) => {
      client.received.push(['answer', answer]);
      resolve(answer);
    });
  });
}
