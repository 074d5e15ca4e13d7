import { Random } from '../../attacks/random.js';
import type { Card } from '../servers/joined-server.js';
import { Follower } from '../support/followers.js';
import type { Servers } from '../support/servers.js';
import type { Subject } from '../support/subject.js';

/** What clients show of the one card there is, after several servers wrote it at the same time. */
export interface Convergence {
  rounds: number;
  /** After how many rounds all clients showed what the database had. */
  equal: number;
  /** After how many rounds all clients showed the same. */
  agreed: number;
  /** How often a client showed an older version after a newer one. */
  older: number;
}

/** How much later one of them may publish than it has written, in milliseconds. */
const LONGEST_PAUSE = 20;

/** Has two servers write one record at the same time, round by round, of which either may publish first. */
export async function tryConvergence(
  { all, table }: Servers,
  subject: Subject,
  rounds: number,
  seed: number,
): Promise<Convergence> {
  const random = new Random(seed);
  const kinds: Subject[] = subject.isPlain ? [subject] : [subject, { ...subject, isPlain: true }];
  const followers = await Promise.all(all.flatMap(({ url }) => kinds.map((kind) => Follower.to(url, kind))));
  const convergence: Convergence = { rounds, equal: 0, agreed: 0, older: 0 };
  for (let round = 1; round <= rounds; round++) {
    await Promise.all(all.map((server, index) => server.ask('write', `server ${index}`, random.below(LONGEST_PAUSE))));
    const marks = all.map((_, index) => round * all.length + index);
    for (const [index, server] of all.entries()) await server.ask('mark', marks[index]);
    const hasAll = ({ cards }: Follower) => marks.every((mark) => cards.some(({ id }) => id === mark));
    await Promise.all(followers.map((follower) => follower.until(hasAll)));
    const shown = followers.map(({ cards }) => versionsOf(cards).at(-1));
    const { version } = table.read();
    if (shown.every((one) => one === version)) convergence.equal++;
    if (shown.every((one) => one === shown[0])) convergence.agreed++;
  }
  for (const { cards } of followers) {
    convergence.older += versionsOf(cards).filter((version, index, of) => index > 0 && version < of[index - 1]).length;
  }
  for (const follower of followers) follower.close();
  return convergence;
}

function versionsOf(cards: readonly Card[]): number[] {
  return cards.filter(({ id }) => id === 1).map(({ version }) => version);
}
