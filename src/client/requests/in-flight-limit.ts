/** How many may be without an answer at once; the rest waits. A server keeps 80 for each connection, and refuses more, unless told otherwise. */
const MOST = 32;

/** What each answer adds to the room, where the server had less of it. */
const GROWTH = 1 / 8;

/** Milliseconds until the next try, where the server had no room though nothing was under way. */
const PAUSE = 100;

const lanes = new WeakMap<object, Lane>();

/** Sends one request; false if there is none to send. */
type Turn = () => boolean;

/** The room for requests on one connection, which namespaces share. */
export class Lane {
  private underWay = 0;
  private most = MOST;
  private readonly turns = new Set<Turn>();

  /** @param engine what Socket.IO has one of for each connection */
  static of(engine: object): Lane {
    const lane = lanes.get(engine) ?? new Lane();
    lanes.set(engine, lane);
    return lane;
  }

  /** Whoever has something to send does so as often as there is room, in turn with the others. */
  enter(turn: Turn): void {
    this.turns.add(turn);
    this.serve();
  }

  /** Whether there is room or not. */
  jump(turn: Turn): void {
    this.underWay++;
    if (!turn()) this.underWay--;
  }

  /** There is an answer, or nobody waits for it any more. */
  leave(): void {
    this.underWay--;
    this.most = Math.min(this.most + GROWTH, MOST);
    // By then every namespace knows if it was the connection that ended.
    queueMicrotask(() => this.serve());
  }

  /** The server had room for the others only. */
  refuse(): void {
    this.underWay--;
    this.most = this.underWay;
    if (this.most > 0) return;
    setTimeout(() => {
      this.most = Math.max(this.most, 1);
      this.serve();
    }, PAUSE);
  }

  private serve(): void {
    for (const turn of this.turns) {
      if (this.underWay + 1 > this.most) return;
      this.turns.delete(turn);
      this.underWay++;
      if (turn()) this.turns.add(turn);
      else this.underWay--;
    }
  }
}
