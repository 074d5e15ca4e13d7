import { HttpStatus } from '@nestjs/common';
import { expect } from 'vitest';
import type { Jwr } from './ask.js';

/** The form of every refusal: the status, its name, and words that repeat nothing of what was sent. */
export function expectRefused(answer: unknown, statusCode: number, ...secrets: string[]): void {
  expect(answer).toEqual({
    statusCode,
    headers: {},
    body: { statusCode, code: HttpStatus[statusCode], message: expect.stringMatching(/^[A-Z].+\.$/) },
  });
  const { message } = (answer as Jwr).body as { message: string };
  for (const secret of secrets) expect(message).not.toContain(secret);
  expect(message).not.toMatch(/evil|node_modules|\bat .*:\d+|\n/);
}
