import type { ClientOptions } from '../../../../src/front-ends/client/index.js';
import { Random } from '../../attacks/random.js';
import { Follower } from '../support/followers.js';
import { type Outcome, outcomeOf } from '../support/outcome.js';
import type { Servers } from '../support/servers.js';
import type { Subject } from '../support/subject.js';

export interface Jitter {
  clients: number;
  /** How many messages are published, and for how many of them each client is cut off, each time. */
  messages: number;
  away: number;
  /** How often each client is cut off. */
  cuts: number;
  /** How clients come back, if not by the defaults of Socket.IO's client. */
  reconnection?: ClientOptions;
}

/** The time between two messages, in milliseconds: twenty a second. */
const PACE = 50;

/** Publishes at a steady pace by all servers in turn, while clients lose their connections, and come back to others. */
export async function tryJitter(subject: Subject, jitter: Jitter, { all }: Servers, seed: number): Promise<Outcome> {
  const { clients, messages, away, reconnection } = jitter;
  const random = new Random(seed);
  const travellers = await Promise.all(
    Array.from({ length: clients }, async (_, index) => {
      const home = index % all.length;
      return {
        follower: await Follower.to(all[home].url, subject, reconnection),
        at: home,
        cuts: cutsOf(jitter, random),
      };
    }),
  );
  const begin = performance.now();
  for (let number = 1; number <= messages; number++) {
    for (const traveller of travellers) {
      const { follower, cuts } = traveller;
      if (cuts.includes(number)) follower.cut();
      if (!cuts.includes(number - away)) continue;
      traveller.at = (traveller.at + 1) % all.length;
      follower.comeBack(all[traveller.at].url);
    }
    await all[number % all.length].ask('publish', nameOf(number % all.length), number);
    await new Promise((resolve) => setTimeout(resolve, begin + number * PACE - performance.now()));
  }
  const followers = travellers.map(({ follower }) => follower);
  await Promise.all(followers.map((follower) => follower.until(({ isConnected }) => isConnected)));
  for (const [index, server] of all.entries()) await server.ask('publish', nameOf(index), messages + 1);
  const hasAll = ({ ticks }: Follower) =>
    all.every((_, index) => ticks.some((tick) => tick.source === nameOf(index) && tick.number > messages));
  await Promise.all(followers.map((follower) => follower.until(hasAll)));
  // What is missing before the last message may still come, or be told of.
  const count = messages + all.length;
  await Promise.all(
    followers.map((follower) =>
      follower.until(({ ticks, losses }) => ticks.length >= count || losses.length > 0, MOST_HELD),
    ),
  );
  for (const follower of followers) follower.close();
  return outcomeOf(followers, count);
}

/** A client waits no longer for what it has missed, in milliseconds. */
const MOST_HELD = 5_000;

const nameOf = (server: number): string => `server ${server}`;

/** When a client is cut off: at some moment in each of as many equal parts of the time. */
function cutsOf({ messages, away, cuts }: Jitter, random: Random): number[] {
  const part = Math.floor(messages / cuts);
  return Array.from({ length: cuts }, (_, index) => index * part + 1 + random.below(part - away));
}
