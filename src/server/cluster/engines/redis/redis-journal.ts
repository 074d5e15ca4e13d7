import type { Namespace } from 'socket.io';
import type {
  Announcement,
  Entry,
  History,
  HistoryQuestion,
  Place,
  Positions,
  SharedJournal,
} from '../../journal/journal.js';
import type { JournalLimits } from '../../journal/journal.options.js';
import { epochOf, hashOf, placeIn } from '../../journal/kept-text.js';
import type { CatchingUp } from './catching-up.js';
import { type Addressed, JournalEntries } from './journal-entries.js';
import { JournalQuestions } from './journal-questions.js';
import * as scripts from './journal-scripts.js';
import { OutgoingLimit } from './outgoing-limit.js';
import type { CommandKind } from './connection/command-lane.js';
import { NotRunError } from './connection/ordered-commands.js';
import type { RedisConnection } from './connection/redis-connection.js';

/** What the journal needs of the bus, whose messages it sends as it counts. */
export interface EntryBus {
  addressesOf(namespace: Namespace, rooms?: readonly string[]): Addressed[];
  /** Asks for all messages that Redis has published by now; `undefined` if none are on their way. */
  catchUp(): CatchingUp | undefined;
}

/** Makes a text of Lua, for one run of the Redis server or for any. */
type Script = (run?: string) => string;

type ScriptKind = Exclude<CommandKind, 'message'>;
type Arguments = ReadonlyArray<string | number>;

/** Such a text, and the name by which Redis knows it. */
interface ScriptText {
  readonly text: string;
  readonly sha: string;
  /** The connection over which it has been run. */
  knownBy?: number;
}

/**
 * Keeps the journal in Redis: one script counts an entry, keeps it once, lets go of the oldest, and publishes it. All
 * keys of a stream have one hash tag. Its epoch is a run of the Redis server, since one that was started again may have
 * lost what it had counted.
 */
export class RedisJournal implements SharedJournal {
  readonly isInOrder = true;
  private readonly texts = new Map<string | undefined, Map<Script, ScriptText>>();
  /** The run of the Redis server at the other end of a connection, once it is known. */
  private server: { connection: number; run?: string } | undefined;

  private readonly entries: JournalEntries;
  /** Questions of clients wait beside entries, so that neither are refused because of the others. */
  private readonly questions = new OutgoingLimit();
  private readonly reader = new JournalQuestions((stream, args) =>
    this.ask(scripts.read, 'question', stream, [this.options.limits.maxAge, ...args]),
  );
  /** The last entry of this server in each stream. */
  private readonly own = new Map<string, Place>();
  /** What those after it wait for, too. */
  private readonly catchingUp = new Map<string, CatchingUp>();
  /** By the places of entries of this server. */
  private readonly before = new WeakMap<Place, CatchingUp>();

  /** @param limit of what `pub` is given, questions apart */
  constructor(
    private readonly pub: RedisConnection,
    private readonly bus: EntryBus,
    private readonly limit: OutgoingLimit,
    private readonly options: { prefix: string; isSharded: boolean; limits: JournalLimits },
  ) {
    const { isSharded, limits } = options;
    const command = isSharded ? 'SPUBLISH' : 'PUBLISH';
    const common = [limits.maxAge, limits.maxEntries, limits.maxBytes, command];
    this.entries = new JournalEntries(
      (stream, rest) => this.run(scripts.append, 'entry', stream, () => [...common, ...rest()]),
      pub.inOrder,
    );
  }

  append(entry: Entry, { namespaces, rooms, text }: Announcement): Promise<Place | undefined> {
    // Few promises for each entry: they would cost more than the rest.
    return new Promise((resolve, reject) => {
      const addresses = namespaces.flatMap((namespace) => this.bus.addressesOf(namespace, rooms));
      const size = Buffer.byteLength(entry.json);
      this.limit.enter(size);
      const counted = (answer: unknown): void => {
        this.limit.leave(size);
        const place = typeof answer === 'string' ? placeIn(JSON.parse(answer)) : undefined;
        const others = place && this.othersBefore(entry.stream, place);
        if (!others) return resolve(place);
        this.before.set(place, others);
        void others.soon.then(() => resolve(place));
      };
      const failed = (error: Error): void => {
        this.limit.leave(size);
        reject(error);
      };
      this.entries.append(entry, { addresses, text, counted, failed });
    });
  }

  arrivals(place: Place): Promise<boolean> | undefined {
    return this.before.get(place)?.rest;
  }

  async positionsOf(streams: readonly string[]): Promise<Positions> {
    const all = await Promise.all(streams.map((stream) => this.reader.positionOf(stream)));
    const [first] = all;
    if (!first) throw new Error('A position is that of a stream.');
    const entries = all.map(({ position }, index): [string, number] => [streams[index] ?? '', position]);
    return { epoch: epochOf(first.run), of: new Map(entries) };
  }

  read(question: HistoryQuestion): Promise<History> {
    return this.reader.read(question);
  }

  async forget(stream: string): Promise<void> {
    await this.ask(scripts.forget, 'entry', stream, [this.options.limits.maxAge]);
  }

  placeIn(told: unknown): Place | undefined {
    return placeIn(told);
  }

  /** Returns what other servers have had counted since the last entry of this one, and before that. */
  private othersBefore(stream: string, place: Place): CatchingUp | undefined {
    const last = this.own.get(stream);
    this.own.set(stream, place);
    const isNext = last?.epoch.id === place.epoch.id && last.position === place.position - 1;
    if (isNext) return this.catchingUp.get(stream);
    const catchingUp = this.bus.catchUp();
    if (!catchingUp) return undefined;
    this.catchingUp.set(stream, catchingUp);
    void catchingUp.heard.then(() => {
      if (this.catchingUp.get(stream) === catchingUp) this.catchingUp.delete(stream);
    });
    return catchingUp;
  }

  /** Runs a script for which nobody waits long, though the client keeps it until Redis is back. */
  private ask(script: Script, kind: ScriptKind, stream: string, args: Arguments): Promise<unknown> {
    return this.questions.within(args.join('').length, () => this.run(script, kind, stream, () => args));
  }

  /** Runs a script that does nothing the second time: whether Redis has run it when a connection ends is unknown. */
  private run(script: Script, kind: ScriptKind, stream: string, args: () => Arguments): Promise<unknown> {
    const key = `${this.options.prefix}journal:${encodeURIComponent(stream)}`;
    return this.pub.inOrder.run(() => this.runOnce(script, key, ['1', key, ...args().map(String)]), kind, stream);
  }

  /**
   * Names a script by its hash where Redis has run it since it was connected, since it forgets scripts with a restart.
   */
  private async runOnce(script: Script, key: string, rest: readonly string[]): Promise<unknown> {
    const { connection } = this.pub;
    const known = this.textOf(script, this.runOf(connection, key));
    const isKnown = known.knownBy === connection;
    try {
      const command = isKnown ? ['EVALSHA', known.sha] : ['EVAL', known.text];
      const answer = await this.pub.command(key, [...command, ...rest]);
      if (!isKnown && connection === this.pub.connection) known.knownBy = connection;
      return answer;
    } catch (error) {
      if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
      // Somebody has had Redis forget its scripts, or another one is there now.
      this.texts.clear();
      this.server = undefined;
      throw new NotRunError('Redis does not know the script any more, which is sent again.', { cause: error });
    }
  }

  /** Returns the run of the Redis server, once it is known. A script that names it is known to no other run. */
  private runOf(connection: number, key: string): string | undefined {
    if (this.server?.connection !== connection) {
      const server: typeof this.server = { connection };
      this.server = server;
      this.pub.command(key, ['EVAL', scripts.RUN, '1', key]).then(
        (run) => {
          if (connection === this.pub.connection && /^\w+$/.test(String(run))) server.run = String(run);
        },
        () => undefined,
      );
    }
    return this.server.run;
  }

  private textOf(script: Script, run: string | undefined): ScriptText {
    if (!this.texts.has(run)) {
      // Those of another run are of no use any more.
      if (run !== undefined) this.texts.clear();
      this.texts.set(run, new Map());
    }
    const texts = this.texts.get(run);
    const known = texts?.get(script);
    if (known) return known;
    const text = script(run);
    const made: ScriptText = { text, sha: hashOf('sha1', text) };
    texts?.set(script, made);
    return made;
  }
}
