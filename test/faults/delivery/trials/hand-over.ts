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

/** Two servers publish as fast as they are told, while a client goes from one to the other, and back. */
export async function tryHandOver(
  { all }: Servers,
  subject: Subject,
  { perSecond, messages, drops }: HandOver,
  seed: number,
): Promise<HandOverOutcome> {
  const random = new Random(seed);
  const follower = await Follower.to(all[0].url, subject, AT_ONCE);
  const each = Math.floor(messages / all.length);
  const publishing = Promise.all(
    all.map((server, index) => server.ask<number>('publishMany', `server ${index}`, each, perSecond / all.length)),
  );
  const between = ((messages / perSecond) * 1_000) / (drops + 1);
  for (let drop = 1; drop <= drops; drop++) {
    await new Promise((resolve) => setTimeout(resolve, between * (0.5 + random.next())));
    await follower.until(({ isConnected }) => isConnected);
    follower.cut();
    follower.comeBack(all[drop % all.length].url);
  }
  const took = await publishing;
  await follower.until(({ isConnected }) => isConnected);
  // Of one, the last message is not the last of the other.
  const last = each + 1;
  for (const [index, server] of all.entries()) await server.ask('publish', `server ${index}`, last);
  await follower.until(({ ticks }) => all.every((_, index) => hasLast(ticks, `server ${index}`, last)));
  follower.close();
  return {
    ...outcomeOf([follower], last * all.length),
    rate: Math.round((each * all.length * 1_000) / Math.max(...took)),
  };
}

function hasLast(ticks: Follower['ticks'], source: string, last: number): boolean {
  return ticks.findLast((tick) => tick.source === source)?.number === last;
}
