import { Follower } from '../support/followers.js';
import { type Outcome, outcomeOf } from '../support/outcome.js';
import type { Servers } from '../support/servers.js';
import type { Subject } from '../support/subject.js';
import { Random } from '../../attacks/random.js';

export interface HandOver {
  /** How many messages the servers together publish in a second, if the machine allows it, and how many in all. */
  perSecond: number;
  messages: number;
  /** How often the client is handed over. */
  drops: number;
}

/** No longer than a page would wait: what counts is that the client is at the other server soon. */
const AT_ONCE = { reconnectionDelay: 5, reconnectionDelayMax: 20 };

export interface HandOverOutcome extends Outcome {
  /** How many messages were published in a second. */
  rate: number;
}

/** How many messages a server publishes at a time, and how many the client may be behind, so that it has a chance. */
const PORTION = 50;
const MOST_BEHIND = 600;

/** How long the servers wait for a client that is further behind, at a time, in milliseconds. */
const WAIT = 3_000;

/**
 * Two servers publish as fast as they are told, while a client goes from one to the other, and back. On a machine that is
 * too slow they wait for it: nobody is sent more at a time than the journal keeps.
 */
export async function tryHandOver(
  subject: Subject,
  { perSecond, messages, drops }: HandOver,
  { all }: Servers,
  seed: number,
): Promise<HandOverOutcome> {
  const random = new Random(seed);
  const follower = await Follower.to(all[0].url, subject, AT_ONCE);
  const each = Math.floor(messages / all.length);
  const due = dropsOf(each, drops, random);
  const begin = performance.now();
  let isBack = 0;
  for (let published = 0; published < each; published += PORTION) {
    await follower.until(({ ticks }) => published - latestOf(ticks) < MOST_BEHIND / all.length, WAIT);
    const publishing = all.map((server, index) =>
      server.ask('publishMany', nameOf(index), PORTION, perSecond / all.length, published + 1),
    );
    while (due[0] <= published + PORTION) {
      // Somewhere within the portion.
      await new Promise((resolve) => setTimeout(resolve, (random.next() * PORTION * 1_000) / perSecond));
      // Who is not back yet, and sees something, is not sent away again.
      await follower.until(({ isConnected, ticks }) => isConnected && ticks.length > isBack, WAIT);
      isBack = follower.ticks.length;
      follower.cut();
      follower.comeBack(all[(drops - due.length + 1) % all.length].url);
      due.shift();
    }
    await Promise.all(publishing);
  }
  const rate = Math.round((each * all.length * 1_000) / (performance.now() - begin));
  await follower.until(({ isConnected }) => isConnected);
  // Of one, the last message is not the last of the other.
  for (const [index, server] of all.entries()) await server.ask('publish', nameOf(index), each + 1);
  await follower.until(({ ticks }) =>
    all.every((_, index) => ticks.some(({ source, number }) => source === nameOf(index) && number > each)),
  );
  follower.close();
  return { ...outcomeOf([follower], (each + 1) * all.length), rate };
}

const nameOf = (server: number): string => `server ${server}`;

const latestOf = (ticks: Follower['ticks']): number => ticks.at(-1)?.number ?? 0;

/** After which of a server's messages the client is handed over: once in each of as many equal parts. */
function dropsOf(each: number, drops: number, random: Random): number[] {
  const part = each / drops;
  return Array.from({ length: drops }, (_, index) => 1 + Math.floor((index + random.next()) * part));
}
