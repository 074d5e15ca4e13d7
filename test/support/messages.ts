import type { TestClient } from './client.js';

/** What a client heard of resources, in the order of arrival: the resource and the message, without delivery notes. */
export function messages(client: TestClient): [resource: string, message: unknown][] {
  return client.received.filter(([event]) => event !== 'marker').map(([event, message]) => [event, message]);
}
