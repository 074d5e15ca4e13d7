import { expect } from 'vitest';
import type { SocketResponse } from '../../../../../src/index.js';
import type { TestClient } from '../../../../support/client.js';

export const DONE = { headers: {}, statusCode: 204 };

/** Sends a signal and waits for what comes of it. */
export function signal(client: TestClient, event: string, ...args: unknown[]): Promise<SocketResponse> {
  return client.socket.timeout(60_000).emitWithAck(event, ...args) as Promise<SocketResponse>;
}

/** A refusal of what comes too often, which says in how many seconds to come again. */
export function tooOften(retryAfter: number): unknown {
  return {
    body: { statusCode: 429, code: 'TOO_MANY_REQUESTS', message: expect.any(String) as string },
    headers: { 'retry-after': String(retryAfter) },
    statusCode: 429,
  };
}

/** A refusal, whatever its words are. */
export function refused(statusCode: number, code: string): object {
  return { body: { statusCode, code, message: expect.any(String) as string }, headers: {}, statusCode };
}
