// What is published and followed, as servers and clients both know it, so that every delivery can be checked.

const FILLER = 'a card of a board, which many people look at '.repeat(2_000);

/** Returns the record that an update is about. */
export const recordOf = (sequence, records) => (records === 1 ? 0 : (sequence * 7_919) % records);

/** Returns the data of an update. `size` is about that of the message in bytes. */
export const dataOf = (sequence, size = 120) => ({
  sequence,
  title: FILLER.slice(0, Math.max(0, size - 90)),
  done: false,
});

/** Returns the ids of the records that a socket follows. */
export function followedBy(index, { count, records }) {
  if (records === 1) return [0];
  return Array.from({ length: count }, (_, n) => (index * 37 + n * (records / count)) % records);
}

/** Tells the time in ms by a clock that all processes of the machine share. */
export const now = () => Number(process.hrtime.bigint()) / 1e6;
