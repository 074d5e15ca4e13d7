import type { RecordLocation } from './slices.js';

/** The evidence of which slices a record is in, and was in, by its source. */
export interface SliceEvidence<T> {
  /** Given by the option `slice` of a route, since the record does not show it. */
  given?: T;
  /** The record, or what changed of it. */
  record?: T;
  /** The record as it was. */
  previous?: T;
}

/** The slices that a record left, by their keys. */
export interface LeftSlices {
  keys: readonly string[];
  /** Those of the same fields that it stays in: who watches one of them, too, still has it. */
  stays: readonly string[];
}

/** Where a change took a record. Nothing remembers it before `RecordLocations.set()`. */
export interface Placement {
  /** The keys of the slices that it stays in, and that it entered. */
  stays: string[];
  entered: string[];
  left: LeftSlices[];
  /**
   * The fields whose value in the record is not known, or was not known before a change. A value that is known to be
   * absent is not among them.
   */
  unknown: string[];
  /** The names of slices of which the record is in more parts than count. */
  excess: string[];
  /** Where the record is now; `GONE` if it is in no slice any longer, and absent if that is as unknown as before. */
  now?: RecordLocation;
  /** Whether other servers may remember it elsewhere. */
  isNews: boolean;
  /** The fields whose value has changed, if some have. */
  changed?: readonly string[];
}
