import { isRecord } from '../../../common/type-guards.js';

/** Where a message stands among all of its stream, by a journal, as servers tell each other: plain JSON. */
export interface Standing {
  readonly epoch: string;
  readonly position: number;
}

/** @param place that of its entry in the journal */
export function standingOf({ epoch, position }: { epoch: { id: string }; position: number }): Standing {
  return { epoch: epoch.id, position };
}

/** Reads what another server has told, which may be anything. */
export function readStanding(told: unknown): Standing | undefined {
  if (!isRecord(told) || typeof told.epoch !== 'string' || typeof told.position !== 'number') return undefined;
  return { epoch: told.epoch, position: told.position };
}

/** Whether one of two messages of a stream is known to stand before the other. */
export function isBefore(one: Standing | undefined, other: Standing | undefined): boolean {
  return one !== undefined && one.epoch === other?.epoch && one.position < other.position;
}
