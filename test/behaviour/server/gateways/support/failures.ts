import { expect } from 'vitest';
import type { TestClient } from '../../../../support/client.js';

/** What a client sends, and must not be sent back. */
export const CANARY = 'canary-5f1d';

/** What is answered where the application has failed. */
export const SERVER_ERROR = {
  statusCode: 500,
  code: 'INTERNAL_SERVER_ERROR',
  message: 'Something went wrong on the server.',
};

/** What the event `exception` says of the same. */
export const UNKNOWN = { status: 'error', message: 'Internal server error' };

/**
 * Waits until the client has heard of so many exceptions, and sees that there are no more.
 *
 * @param marker an event that a gateway acknowledges
 */
export async function exceptionsOf(client: TestClient, number: number, marker = 'well'): Promise<unknown[]> {
  await expect.poll(() => client.heard('exception')).toHaveLength(number);
  await client.socket.emitWithAck(marker);
  expect(client.heard('exception')).toHaveLength(number);
  return client.heard('exception');
}
