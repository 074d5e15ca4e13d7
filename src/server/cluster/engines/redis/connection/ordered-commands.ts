import { type Command, type CommandKind, CommandLane } from './command-lane.js';

/** How often a command is sent, in as many connections. */
const MOST_ATTEMPTS = 3;

/** The name of the error of a command that was taken back before it was sent. */
const NOT_SENT = 'AbortError';

/** When Redis is asked again that has refused a command for the time being, in milliseconds. */
const RETRY_AFTER = 100;

/** For how long it is asked again to run a script, in milliseconds. After that, what the script was to do is lost. */
const MOST_REFUSED = 30_000;

/** For how long others wait for entries that Redis refuses, where it would take the others, in milliseconds. */
const MOST_BLOCKED = 1_000;

/** How many commands wait at most for the answer to an entry before them: with more, there would be ever more. */
const MOST_HELD = 100;

/**
 * Codes of errors that say that Redis has done nothing, and may soon do so: it reads its data, runs a script that takes
 * too long, is a replica or has lost its main server, has too few replicas, its cluster changes, it cannot write to its
 * disk, or its memory is full. Before version 7, what a script is refused stands within another error.
 */
const REFUSALS = /(?:^|: -)(LOADING|BUSY|READONLY|MASTERDOWN|NOREPLICAS|CLUSTERDOWN|TRYAGAIN|MISCONF|OOM) /;

/** Those that what only publishes is spared. */
const REFUSALS_OF_WRITES = /(?:^|: -)(READONLY|NOREPLICAS|MISCONF|OOM) /;

/** Thrown by what sends a command that Redis has not run, and that may be sent again at once. */
export class NotRunError extends Error {}

/** Tells whether Redis has certainly not run what has failed. */
export function isNotRun(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return error instanceof NotRunError || error.name === NOT_SENT || REFUSALS.test(error.message);
}

/** A connection to Redis that may break, and comes back by itself. */
export interface BreakableConnection {
  /** Whether it is of use to send anything at present. */
  readonly takesCommands: boolean;
  /** Calls the function whenever it takes commands again. */
  onReady(listener: () => void): void;
}

/**
 * Has Redis take commands in the order of the calls, though connections break and Redis refuses some for a while. The
 * queue of a client would not do: it sends what was called for meanwhile before what has to be sent again.
 */
export class OrderedCommands {
  private readonly lanes: Readonly<Record<CommandKind, CommandLane>> = {
    message: new CommandLane(50),
    // Each may be up to fifty publications.
    entry: new CommandLane(1),
    question: new CommandLane(50),
  };
  private readonly all = Object.values(this.lanes);
  private readonly idleListeners: Array<() => void> = [];
  private count = 0;
  private isSendingSoon = false;
  private ended: Error | undefined;

  constructor(private readonly connection: BreakableConnection) {
    connection.onReady(() => {
      for (const lane of this.all) lane.beCareful();
      this.sendWaiting();
    });
  }

  /** How many were called for. */
  get called(): number {
    return this.count;
  }

  /**
   * Sends a command after those before it. A message is sent again where Redis has certainly not run it, however long
   * that takes: others may stay in rooms to which they have lost the right until they hear it. Scripts are sent again
   * where a connection has broken before the answer, too, and given up after a time. Redis may refuse an entry alone,
   * since it has forgotten its script or has to write, so messages wait for the answers to the entries before them.
   * An entry is sent once the code that runs at present is done, since it may have more to publish.
   *
   * @param stream that of an entry
   */
  run(send: () => Promise<unknown>, kind: CommandKind, stream?: string): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.ended) return reject(this.ended);
      const number = ++this.count;
      const command: Command = { number, kind, stream, send, attempts: 0, refusedSince: undefined, resolve, reject };
      this.lanes[kind].waiting.push(command);
      if (kind === 'entry') this.sendSoon();
      else this.sendWaiting();
    });
  }

  /** Fulfilled once Redis has answered everything, for which whoever asks does not wait long. */
  idle(): Promise<void> {
    for (const lane of this.all) lane.hurry();
    this.sendWaiting();
    return new Promise((resolve) => {
      this.idleListeners.push(resolve);
      this.tellIdle();
    });
  }

  /** Rejects what was not sent, and whatever comes. */
  end(): void {
    this.ended ??= new Error('The connection to Redis has been closed.');
    for (const command of this.all.flatMap((lane) => lane.end())) command.reject(this.ended);
  }

  private sendSoon(): void {
    if (this.isSendingSoon) return;
    this.isSendingSoon = true;
    queueMicrotask(() => {
      this.isSendingSoon = false;
      this.sendWaiting();
    });
  }

  private sendWaiting(): void {
    while (this.connection.takesCommands) {
      let first: Command | undefined;
      for (const { next } of this.all) {
        if (next && next.number < (first?.number ?? Infinity) && this.takes(next)) first = next;
      }
      if (!first) return this.tellIdle();
      this.begin(first);
    }
  }

  private takes({ kind, number }: Command): boolean {
    const { message, entry } = this.lanes;
    if (kind === 'entry') return !message.holds(number);
    const { refusedSince = Infinity } = entry;
    if (entry.refusesWritesOnly && performance.now() - refusedSince > MOST_BLOCKED) return true;
    if (entry.holds(number)) return false;
    return kind === 'question' || entry.underWay === 0 || message.waiting.length + entry.waiting.length > MOST_HELD;
  }

  private begin(command: Command): void {
    const lane = this.lanes[command.kind];
    lane.begin();
    command.attempts++;
    command.send().then(
      (answer) => {
        lane.settle(command, true);
        command.resolve(answer);
        if (lane.holds(command.number)) this.giveUpOvertaken(command);
        this.sendWaiting();
      },
      (error: unknown) => {
        if (this.isSentAgain(command, error)) {
          lane.keep(command);
          if (REFUSALS.test((error as Error).message)) this.waitAfterRefusal(lane, error as Error);
        } else {
          lane.settle(command, false);
          command.reject(error);
        }
        this.sendWaiting();
      },
    );
  }

  private isSentAgain(command: Command, error: unknown): boolean {
    if (this.ended || !(error instanceof Error)) return false;
    if (isNotRun(error)) {
      command.attempts--;
      return true;
    }
    return command.kind !== 'message' && command.attempts < MOST_ATTEMPTS && !isAnswer(error);
  }

  /** Waits until Redis may take what it has refused. Scripts that have waited for too long are given up. */
  private waitAfterRefusal(lane: CommandLane, error: Error): void {
    const now = performance.now();
    lane.refusesWritesOnly = REFUSALS_OF_WRITES.test(error.message);
    // All that was under way is refused at once: there may be thousands of each, and one look at them is enough.
    if (!lane.rest(RETRY_AFTER, () => this.sendWaiting())) return;
    for (const { waiting } of this.all) for (const command of waiting) command.refusedSince ??= now;
    const isLost = ({ refusedSince = now }: Command): boolean => now - refusedSince > MOST_REFUSED;
    const { entry, question } = this.lanes;
    for (const command of [entry, question].flatMap((one) => one.remove(isLost))) command.reject(error);
  }

  /**
   * Entries that were under way together may be taken without the first, which then would come last. Its readers had
   * better be told that it is lost, and read again.
   */
  private giveUpOvertaken({ stream, number }: Command): void {
    if (stream === undefined) return;
    for (const command of this.lanes.entry.remove((one) => one.stream === stream && one.number < number)) {
      command.reject(new Error('Redis has refused this, and taken what was published after it.'));
    }
  }

  private tellIdle(): void {
    if (this.idleListeners.length === 0) return;
    if (this.all.some(({ waiting, underWay }) => waiting.length + underWay > 0)) return;
    for (const listener of this.idleListeners.splice(0)) listener();
  }
}

/** Tells whether Redis has refused a command, rather than not answered it: such errors begin with a code. */
function isAnswer({ message }: Error): boolean {
  return /^[A-Z]{2,} /.test(message);
}
