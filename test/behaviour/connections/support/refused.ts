import type { TestClient } from '../../../support/client.js';

/** What a refused client hears. */
export interface Refusal {
  message: string;
  data: unknown;
}

/** Every way in which a client may begin. */
export const TRANSPORTS = [[['websocket']], [['polling']], [['polling', 'websocket']]];

export async function refusalOf(attempt: Promise<TestClient>): Promise<Refusal> {
  const error = await attempt.then(
    () => new Error('The client was let in.'),
    (reason: unknown) => reason as Error & { data?: unknown },
  );
  return { message: error.message, data: 'data' in error ? error.data : undefined };
}

/** A refusal in our shape. */
export function refusal(statusCode: number, code: string, message: string): Refusal {
  return { message, data: { statusCode, code, message } };
}

/** Rejects with whatever it is, error or not. */
export async function rejectWith(reason: unknown): Promise<never> {
  await Promise.resolve();
  throw reason;
}
