/**
 * What a command is: one that tells the other servers something, an entry of the journal, or a question to it. The
 * last two are scripts that do nothing the second time.
 */
export type CommandKind = 'message' | 'entry' | 'question';

export interface Command {
  /** Those called for later have higher ones. */
  readonly number: number;
  readonly kind: CommandKind;
  /** That of an entry. */
  readonly stream: string | undefined;
  readonly send: () => Promise<unknown>;
  attempts: number;
  /** Since when Redis has refused it, or what it waits behind. */
  refusedSince: number | undefined;
  resolve(answer: unknown): void;
  reject(error: unknown): void;
}

/**
 * For how long a lane has few commands under way once others have waited, in milliseconds. Their answers come together,
 * and everything else that the server has to do waits for them; but a Redis that is far away would take too few.
 */
const LONGEST_CATCHING_UP = 1_000;

/** The commands of one kind, which are sent in the order of the calls, and wait in it where Redis refuses them. */
export class CommandLane {
  /** In the order of the calls. */
  readonly waiting: Command[] = [];
  underWay = 0;
  /** Whether one command has to show that Redis takes them again, before others are sent. */
  private isCareful = false;
  /** Until when few are under way, since others have waited. */
  private catchesUpUntil = -Infinity;
  /** Whether Redis has last refused what writes, and nothing else. */
  refusesWritesOnly = false;
  private probe: Command | undefined;
  private pause: NodeJS.Timeout | undefined;

  /** @param mostCatchingUp how many are under way at most while those that have waited are sent */
  constructor(private readonly mostCatchingUp: number) {}

  /** The first one, if it may be sent as far as this lane is concerned. */
  get next(): Command | undefined {
    // Something under way may have to be sent before it.
    if (this.pause || (this.isCareful && this.underWay > 0)) return undefined;
    const isFull = this.underWay >= this.mostCatchingUp && performance.now() < this.catchesUpUntil;
    return isFull ? undefined : this.waiting[0];
  }

  /** Since when Redis has refused the first one; `undefined` if it has not. */
  get refusedSince(): number | undefined {
    return (this.probe ?? this.waiting[0])?.refusedSince;
  }

  /** Whether one that was called for before has to be sent still, or to show that others may be. */
  holds(number: number): boolean {
    const [first] = this.waiting;
    return (first !== undefined && first.number < number) || (this.probe?.number ?? Infinity) < number;
  }

  /** Has one of those that wait, if any do, show that Redis takes them. */
  beCareful(): void {
    this.isCareful ||= this.waiting.length > 0;
  }

  /** Lets as many be under way as there are. */
  hurry(): void {
    this.catchesUpUntil = -Infinity;
  }

  /** Takes the first one for under way. */
  begin(): Command | undefined {
    const command = this.waiting.shift();
    if (!command) return undefined;
    if (this.waiting.length === 0) this.hurry();
    this.underWay++;
    if (this.isCareful) this.probe = command;
    return command;
  }

  /** It is under way no more, and Redis has taken it, or never will. */
  settle(command: Command, isTaken: boolean): void {
    this.underWay--;
    if (this.probe !== command) return;
    this.isCareful = false;
    this.probe = undefined;
    if (!isTaken) return;
    this.refusesWritesOnly = false;
    for (const waiting of this.waiting) waiting.refusedSince = undefined;
    if (this.waiting.length > 0) this.catchesUpUntil = performance.now() + LONGEST_CATCHING_UP;
  }

  /** Has it take its place again. */
  keep(command: Command): void {
    this.underWay--;
    if (this.probe === command) this.probe = undefined;
    // All that was on its way when a connection broke comes at once.
    let [from, to] = [0, this.waiting.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      if ((this.waiting[middle]?.number ?? Infinity) < command.number) from = middle + 1;
      else to = middle;
    }
    this.waiting.splice(from, 0, command);
    this.beCareful();
  }

  /** Takes out of those that wait what meets a condition. */
  remove(isMeant: (command: Command) => boolean): Command[] {
    const meant = this.waiting.filter(isMeant);
    if (meant.length > 0) this.waiting.splice(0, Infinity, ...this.waiting.filter((one) => !isMeant(one)));
    return meant;
  }

  /** Sends nothing for a while, in milliseconds. Returns whether that is new. */
  rest(time: number, then: () => void): boolean {
    if (this.pause) return false;
    this.pause = setTimeout(() => {
      this.pause = undefined;
      then();
    }, time).unref();
    return true;
  }

  end(): Command[] {
    clearTimeout(this.pause);
    return this.waiting.splice(0);
  }
}
