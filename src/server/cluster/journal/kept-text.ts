import { createHash } from 'node:crypto';
import { isRecord } from '../../../common/type-guards.js';
import type { Epoch, KeptEntry, Place } from './journal.js';

/** What a program that keeps a journal says of the place of an entry: in which run of counting, and where. */
interface ToldPlace {
  run: string;
  position: number;
  previous: number[];
}

const epochs = new Map<string, Epoch>();

/** Neither the id nor the names of topics tell the run, by which others could find these names. */
export function epochOf(run: string): Epoch {
  const known = epochs.get(run);
  if (known) return known;
  const epoch = { id: hashOf('sha256', `id ${run}`).slice(0, 10), key: hashOf('sha256', `key ${run}`) };
  if (epochs.size > 10) epochs.clear();
  epochs.set(run, epoch);
  return epoch;
}

/** Reads a place, which may be anything. */
export function placeIn(told: unknown): Place | undefined {
  if (!isRecord(told)) return undefined;
  const { run, position, previous } = told as Partial<ToldPlace>;
  if (typeof run !== 'string' || typeof position !== 'number' || !Array.isArray(previous)) return undefined;
  return { epoch: epochOf(run), position, previous };
}

/** Reads an entry as it was kept: its place, a line break, and then its topics and its data, as one list. */
export function entryIn(text: string): KeptEntry {
  const end = text.indexOf('\n');
  const [topics, data] = JSON.parse(text.slice(end + 1)) as [string[], unknown];
  return { place: keptPlaceIn(text.slice(0, end)), topics, data };
}

/** Reads an entry that was kept as two texts: its place, a line break, and then its topics; and its data. */
export function entryOf([text, data]: readonly [text: string, data: string]): KeptEntry {
  const end = text.indexOf('\n');
  const topics = JSON.parse(text.slice(end + 1)) as string[];
  return { place: keptPlaceIn(text.slice(0, end)), topics, data: JSON.parse(data) as unknown };
}

function keptPlaceIn(text: string): Place {
  const place = placeIn(JSON.parse(text));
  if (!place) throw new Error('The journal holds an entry that has no place.');
  return place;
}

export function hashOf(algorithm: string, text: string): string {
  return createHash(algorithm).update(text).digest('hex');
}
