import { Controller, Get } from '@nestjs/common';
import type { Gap } from '../../../src/client/index.js';
import { Resourceful, SubscribeOnRead } from '../../../src/index.js';
import { client, reaches } from '../../behaviour/client/support/client.js';
import { Line } from '../../behaviour/client/support/line.js';
import type { TestApplication } from '../../support/application.js';

@Controller('ticks')
@Resourceful('tick')
export class TicksController {
  @Get()
  @SubscribeOnRead({ watch: true })
  find() {
    return [];
  }
}

export interface Jitter {
  clients: number;
  /** How many messages are published, and for how many of them each client is away, each time. */
  messages: number;
  away: number;
  /** How often each client is cut off. */
  cuts: number;
}

/** What clients have heard, of what was published. */
export interface Outcome {
  expected: number;
  heard: number;
  twice: number;
  outOfOrder: number;
  unrecovered: number;
}

/** The time between two messages, in milliseconds: twenty a second. */
const PACE = 50;

/** One client, which comes back to the next server each time. */
class Follower {
  readonly heard: number[] = [];
  readonly gaps: Gap[] = [];
  private at = 0;

  private constructor(
    private readonly servers: readonly TestApplication[],
    private readonly line: Line,
  ) {}

  static async of(servers: readonly TestApplication[]): Promise<Follower> {
    const [first] = servers;
    const follower = new Follower(servers, await Line.to(first.url));
    const sockets = client(follower.line.url);
    sockets.onGap((gap) => void follower.gaps.push(gap));
    sockets.on<{ number: number }>('tick', (message) => {
      if (message.verb === 'created') follower.heard.push(message.data.number);
    });
    await reaches(sockets, 'connected');
    await sockets.get('/ticks', undefined, { repeat: () => undefined });
    return follower;
  }

  cut(): void {
    this.line.cut();
  }

  comeBack(): void {
    this.at = (this.at + 1) % this.servers.length;
    this.line.mend(this.servers[this.at].url);
  }

  async hears(last: number): Promise<void> {
    for (let attempt = 0; attempt < 600 && this.heard.at(-1) !== last; attempt++) await pause(50);
  }
}

/** Publishes at a steady pace by all servers in turn, while clients lose their connections again and again. */
export async function tryJitter(servers: readonly TestApplication[], jitter: Jitter): Promise<Outcome> {
  const { clients, messages, away, cuts } = jitter;
  const followers = await Promise.all(Array.from({ length: clients }, () => Follower.of(servers)));
  for (let number = 1; number <= messages; number++) {
    for (const [index, follower] of followers.entries()) {
      // Spread over the time, so that at no moment all of them are there, or none.
      const phase = (number + Math.floor((index * messages) / cuts / clients)) % Math.floor(messages / cuts);
      if (phase === 0) follower.cut();
      if (phase === away) follower.comeBack();
    }
    await servers[number % servers.length].channel('tick').publishCreate({ id: number, number });
    await pause(PACE);
  }
  for (const follower of followers) follower.comeBack();
  await servers[0].channel('tick').publishCreate({ id: messages + 1, number: messages + 1 });
  await Promise.all(followers.map((follower) => follower.hears(messages + 1)));
  return outcomeOf(followers, messages + 1);
}

function outcomeOf(followers: readonly Follower[], published: number): Outcome {
  const outcome = { expected: followers.length * published, heard: 0, twice: 0, outOfOrder: 0, unrecovered: 0 };
  for (const { heard, gaps } of followers) {
    const different = new Set(heard);
    outcome.heard += different.size;
    outcome.twice += heard.length - different.size;
    outcome.outOfOrder += heard.filter((number, index) => index > 0 && number < heard[index - 1]).length;
    outcome.unrecovered += gaps.filter(({ recovered }) => !recovered).length;
  }
  return outcome;
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
