import { expect } from 'vitest';
import type { TestApplication } from '../../../support/application.js';
import type { ClientOptions, TestClient } from '../../../support/client.js';
import { ACTORS, canariesIn, CANARIES, type Actor, type CanaryName } from './canaries.js';
import { Tap } from './tap.js';

/** One server or two, and how to wait for them. */
export interface Stage {
  here: TestApplication;
  /** The other server, if there are two. */
  there: TestApplication;
  connect(server: TestApplication, options: ClientOptions): Promise<TestClient>;
  settle(): Promise<void>;
}

type Present = Exclude<Actor, 'refused' | 'faulty'>;

const bearer = (token: string): ClientOptions => ({ extraHeaders: { authorization: `Bearer ${token}` } });

/** How each of them connects: by all the ways to say who one is, and over both transports. */
const HANDSHAKES: Record<Actor, ClientOptions> = {
  ada: {
    auth: { token: CANARIES.adasToken },
    extraHeaders: { 'x-key': CANARIES.handshakeHeader },
    query: { key: CANARIES.handshakeQuery },
  },
  nora: bearer(CANARIES.norasToken),
  sam: { extraHeaders: { cookie: `theme=dark; session=${CANARIES.samsCookie}` }, transports: ['polling'] },
  eve: bearer(CANARIES.evesToken),
  rude: { auth: { token: 'token-of-rude' } },
  root: { auth: { token: CANARIES.rootsToken } },
  refused: { auth: { token: CANARIES.refusedToken } },
  faulty: { auth: { token: 'faulty' } },
};

const ELSEWHERE: readonly Actor[] = ['nora', 'eve', 'faulty'];

/** Everybody, connected, with every byte that reaches them on record. */
export class Cast {
  private readonly taps = new Map<Actor, Tap>();
  private readonly clients = new Map<Actor, TestClient>();

  private constructor(readonly stage: Stage) {}

  static async assemble(stage: Stage): Promise<Cast> {
    const cast = new Cast(stage);
    for (const actor of ACTORS) await cast.admit(actor);
    return cast;
  }

  client(actor: Present): TestClient {
    return this.clients.get(actor)!;
  }

  /** Which of the canaries each of them has got to know. */
  found(): Record<Actor, CanaryName[]> {
    // What is compressed would be searched in vain.
    for (const { text } of this.taps.values())
      expect(text).not.toMatch(/^(?:content-encoding|sec-websocket-extensions):/im);
    return Object.fromEntries(ACTORS.map((actor) => [actor, canariesIn(this.taps.get(actor)!.text)])) as never;
  }

  private async admit(actor: Actor): Promise<void> {
    const tap = new Tap();
    this.taps.set(actor, tap);
    const server = ELSEWHERE.includes(actor) ? this.stage.there : this.stage.here;
    // Its type is written for browsers, which have no agents.
    const agent = tap as never;
    const connected = this.stage.connect(server, { ...HANDSHAKES[actor], agent });
    if (actor === 'refused' || actor === 'faulty') {
      await expect(connected, actor).rejects.toThrow(actor === 'refused' ? 'Sign in first.' : 'Something went wrong');
    } else {
      this.clients.set(actor, await connected);
    }
  }
}
