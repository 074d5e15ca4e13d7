/** How often a command is sent, in as many connections. */
const MOST_ATTEMPTS = 3;

/** The name of the error of a command that was taken back before it was sent. */
const NOT_SENT = 'AbortError';

/** A connection to Redis that may break, and comes back by itself. */
export interface BreakableConnection {
  /** Whether it is of use to send anything at present. */
  readonly takesCommands: boolean;
  /** Calls the function whenever it takes commands again. */
  onReady(listener: () => void): void;
}

interface Command {
  readonly send: () => Promise<unknown>;
  readonly isRepeatable: boolean;
  attempts: number;
  isUnderWay: boolean;
  resolve(answer: unknown): void;
  reject(error: unknown): void;
}

/**
 * Has Redis take commands in the order of the calls, though connections break. The queue of a client would not do: it
 * sends what was called for meanwhile before what has to be sent again.
 */
export class OrderedCommands {
  /** In the order of the calls. */
  private readonly unanswered = new Set<Command>();
  private underWay = 0;
  /** Whether some of them have to be sent, or sent again. */
  private isWaiting = false;
  private ended: Error | undefined;

  constructor(private readonly connection: BreakableConnection) {
    connection.onReady(() => this.sendWaiting());
  }

  /**
   * Sends a command after those before it.
   *
   * @param isRepeatable whether it may be sent again where a connection has broken before the answer: Redis may have
   *   run it then
   */
  run(send: () => Promise<unknown>, isRepeatable: boolean): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.ended) return reject(this.ended);
      const command: Command = { send, isRepeatable, attempts: 0, isUnderWay: false, resolve, reject };
      this.unanswered.add(command);
      if (!this.isWaiting && this.connection.takesCommands) return this.begin(command);
      this.isWaiting = true;
      this.sendWaiting();
    });
  }

  /** Rejects what was not sent, and whatever comes. */
  end(): void {
    this.ended ??= new Error('The connection to Redis has been closed.');
    for (const command of this.unanswered) {
      if (command.isUnderWay) continue;
      this.unanswered.delete(command);
      command.reject(this.ended);
    }
  }

  /** Sends what waits, once nothing is under way that may have to be sent before it. */
  private sendWaiting(): void {
    if (!this.isWaiting || this.underWay > 0 || !this.connection.takesCommands) return;
    this.isWaiting = false;
    for (const command of this.unanswered) this.begin(command);
  }

  private begin(command: Command): void {
    command.attempts++;
    command.isUnderWay = true;
    this.underWay++;
    command.send().then(
      (answer) => {
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
    if (error.name === NOT_SENT) {
      command.attempts--;
      return true;
    }
    return command.isRepeatable && command.attempts < MOST_ATTEMPTS && !isAnswer(error);
  }

  private settle(command: Command): void {
    this.unanswered.delete(command);
    this.underWay--;
  }

  /** It stays in its place. */
  private keep(command: Command): void {
    command.isUnderWay = false;
    this.underWay--;
    this.isWaiting = true;
  }
}

/** Tells whether Redis has refused a command, rather than not answered it: such errors begin with a code. */
function isAnswer({ message }: Error): boolean {
  return /^[A-Z]{2,} /.test(message);
}
