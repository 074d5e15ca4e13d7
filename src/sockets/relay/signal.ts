import { BadRequestException, PayloadTooLargeException } from '@nestjs/common';
import { NotSerializableError } from '../../common/common.errors.js';
import { isRecord } from '../../common/option-rules.js';
import { plainOf } from '../../common/json.js';

/** What a client may send by a relay. */
export interface SignalLimits {
  /** Bytes of JSON. */
  maxSize: number;
  maxNesting: number;
}

/** Keys by which whoever copies the data without care would change more than a copy. */
const DANGEROUS_KEYS = new Set(['__proto__', 'constructor', 'prototype']);

/**
 * Reads the data of a signal, which may be anything.
 *
 * @param args the arguments of the event, without the acknowledgement
 * @throws BadRequestException, PayloadTooLargeException that repeat nothing of it
 */
export function readSignal(args: readonly unknown[], { maxSize, maxNesting }: SignalLimits): Record<string, unknown> {
  const [said] = args;
  if (args.length !== 1 || !isRecord(said)) throw new BadRequestException('Send one object.');
  const data = plainSignal(said, maxNesting) as Record<string, unknown>;
  assertHarmless(data);
  if (Buffer.byteLength(JSON.stringify(data)) > maxSize) {
    throw new PayloadTooLargeException(`Send at most ${maxSize} bytes of JSON.`);
  }
  return data;
}

function plainSignal(said: object, maxNesting: number): unknown {
  try {
    return plainOf('relay', said, maxNesting);
  } catch (error) {
    if (!(error instanceof NotSerializableError)) throw error;
    throw new BadRequestException(`Send plain JSON that nests at most ${maxNesting} levels deep.`, { cause: error });
  }
}

/** By recursion, which the nesting has a limit for by now. */
function assertHarmless(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  if (Buffer.isBuffer(value)) throw new BadRequestException('Send plain JSON, without binary.');
  for (const [key, field] of Object.entries(value)) {
    if (DANGEROUS_KEYS.has(key)) throw new BadRequestException('A key of the data has a name that is not allowed.');
    assertHarmless(field);
  }
}
