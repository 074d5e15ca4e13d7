import type { Server } from 'socket.io';
import { Slot, serverState } from '../../state.js';
import { busOf } from '../bus.js';

/** How often it is looked whether an answer is worth waiting for still, in milliseconds. */
const LOOK = 125;

/** How long it is waited for at most, in milliseconds. With some of the servers down, adapters wait for ever. */
const MOST = 2_000;

/** How many looks it is waited for where nothing is to be expected. */
const FEWEST_LOOKS = 2;

/** Whether the last look-up has not been answered, nor any since. */
const silence = new Slot(() => ({ isSilent: false }));

/**
 * Waits for what the other servers say of a socket that a request names: for two seconds, but for a quarter of one
 * where they have not answered the look-up before, or where it is known that nothing reaches them. So requests pay for
 * an outage once, and not each of them. An answer that comes too late says that they are there again.
 *
 * @param what how the error calls it
 * @throws Error when they take too long
 */
export async function lookedUp<T>(io: Server, what: string, answer: Promise<T>): Promise<T> {
  const state = serverState(io).get(silence);
  answer.then(
    () => (state.isSilent = false),
    () => undefined,
  );
  const begun = performance.now();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    let looks = 0;
    const look = (): void => {
      const isOver = performance.now() - begun >= MOST;
      const isHopeless = ++looks >= FEWEST_LOOKS && (state.isSilent || busOf(io).isAway === true);
      if (!isOver && !isHopeless) return void (timer = setTimeout(look, LOOK));
      state.isSilent ||= isOver;
      reject(new Error(`${what} took longer than ${isOver ? MOST : FEWEST_LOOKS * LOOK} ms`));
    };
    timer = setTimeout(look, LOOK);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
