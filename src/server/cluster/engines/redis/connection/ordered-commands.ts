/** How often a command is sent, in as many connections. */
const MOST_ATTEMPTS = 3;

/** The name of the error of a command that was taken back before it was sent. */
const NOT_SENT = 'AbortError';

/** When Redis is asked again that has refused a command for the time being, in milliseconds. */
const RETRY_AFTER = 100;

/** For how long it is asked again, in milliseconds. After that, what it refuses is lost, and nothing waits for it. */
const MOST_REFUSED = 30_000;

/** How many commands wait at most for the answer to a script before them: with more, they would become more and more. */
const MOST_HELD = 100;

/**
 * Codes of errors that say that Redis has done nothing, and may soon do so: it reads its data, runs a script that takes
 * too long, is a replica or has lost its main server, has too few replicas, its cluster changes, it cannot write to its
 * disk, or its memory is full. Before version 7, what a script is refused stands within another error.
 */
const REFUSALS = /(?:^|: -)(LOADING|BUSY|READONLY|MASTERDOWN|NOREPLICAS|CLUSTERDOWN|TRYAGAIN|MISCONF|OOM) /;

/** Thrown by what sends a command that Redis has not run, and that may be sent again at once. */
export class NotRunError extends Error {}

/** A connection to Redis that may break, and comes back by itself. */
export interface BreakableConnection {
  /** Whether it is of use to send anything at present. */
  readonly takesCommands: boolean;
  /** Calls the function whenever it takes commands again. */
  onReady(listener: () => void): void;
}

interface Command {
  /** Those called for later have higher ones. */
  readonly number: number;
  readonly send: () => Promise<unknown>;
  readonly isScript: boolean;
  attempts: number;
  isRefused: boolean;
  resolve(answer: unknown): void;
  reject(error: unknown): void;
}

/**
 * Has Redis take commands in the order of the calls, though connections break and Redis refuses some for a while. The
 * queue of a client would not do: it sends what was called for meanwhile before what has to be sent again.
 */
export class OrderedCommands {
  /** In the order of the calls. */
  private readonly waiting: Command[] = [];
  private count = 0;
  private underWay = 0;
  private scriptsUnderWay = 0;
  /** Whether one command has to show that Redis takes them again, before others are sent. */
  private isCareful = false;
  private probe: Command | undefined;
  /** Since when Redis has refused scripts, or whatever it has refused first. */
  private refusedSince: number | undefined;
  private pause: NodeJS.Timeout | undefined;
  private ended: Error | undefined;

  constructor(private readonly connection: BreakableConnection) {
    connection.onReady(() => {
      this.isCareful ||= this.waiting.length > 0;
      this.sendWaiting();
    });
  }

  /**
   * Sends a command after those before it.
   *
   * @param isScript whether it is a script, and does nothing the second time: it may be sent again where a connection
   *   has broken before the answer. Redis may refuse it alone, since it has forgotten it or has to write, so anything
   *   else waits for the answers to the scripts before it.
   */
  run(send: () => Promise<unknown>, isScript: boolean): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.ended) return reject(this.ended);
      const number = ++this.count;
      this.waiting.push({ number, send, isScript, attempts: 0, isRefused: false, resolve, reject });
      this.sendWaiting();
    });
  }

  /** Rejects what was not sent, and whatever comes. */
  end(): void {
    this.ended ??= new Error('The connection to Redis has been closed.');
    clearTimeout(this.pause);
    for (const command of this.waiting.splice(0)) command.reject(this.ended);
  }

  private sendWaiting(): void {
    for (let [next] = this.waiting; next && this.takes(next); [next] = this.waiting) {
      this.waiting.shift();
      this.begin(next);
    }
  }

  private takes({ isScript }: Command): boolean {
    if (this.pause || !this.connection.takesCommands) return false;
    // Something under way may have to be sent before it.
    if (this.isCareful) return this.underWay === 0;
    return isScript || this.scriptsUnderWay === 0 || this.waiting.length > MOST_HELD;
  }

  private begin(command: Command): void {
    command.attempts++;
    this.underWay++;
    if (command.isScript) this.scriptsUnderWay++;
    if (this.isCareful) this.probe = command;
    command.send().then(
      (answer) => {
        if (command.isScript || command.isRefused) this.refusedSince = undefined;
        this.settle(command);
        command.resolve(answer);
        this.sendWaiting();
      },
      (error: unknown) => {
        if (this.isSentAgain(command, error)) this.keep(command);
        else {
          this.settle(command);
          command.reject(error);
        }
        this.sendWaiting();
      },
    );
  }

  private isSentAgain(command: Command, error: unknown): boolean {
    if (this.ended || !(error instanceof Error)) return false;
    const isRefused = REFUSALS.test(error.message);
    if (isRefused || error instanceof NotRunError || error.name === NOT_SENT) {
      command.attempts--;
      return !isRefused || this.waitsFor(command);
    }
    return command.isScript && command.attempts < MOST_ATTEMPTS && !isAnswer(error);
  }

  /** Waits until Redis may take what it has refused, unless it has refused to for too long. */
  private waitsFor(command: Command): boolean {
    command.isRefused = true;
    this.refusedSince ??= performance.now();
    if (performance.now() - this.refusedSince > MOST_REFUSED) return false;
    this.pause ??= setTimeout(() => {
      this.pause = undefined;
      this.sendWaiting();
    }, RETRY_AFTER).unref();
    return true;
  }

  private settle(command: Command): void {
    this.leave(command);
    if (this.probe !== command) return;
    this.isCareful = false;
    this.probe = undefined;
  }

  /** It takes its place again. */
  private keep(command: Command): void {
    this.leave(command);
    this.isCareful = true;
    const after = this.waiting.findIndex(({ number }) => number > command.number);
    this.waiting.splice(after < 0 ? this.waiting.length : after, 0, command);
  }

  private leave({ isScript }: Command): void {
    this.underWay--;
    if (isScript) this.scriptsUnderWay--;
  }
}

/** Tells whether Redis has refused a command, rather than not answered it: such errors begin with a code. */
function isAnswer({ message }: Error): boolean {
  return /^[A-Z]{2,} /.test(message);
}
