import { setMaxListeners } from 'node:events';

/** How many commands share one signal. A signal compares each listener that it is given with all that it has. */
const MOST_SHARING = 100;

interface Group {
  readonly controller: AbortController;
  /** How many commands were given its signal. */
  given: number;
  /** How many of them have not ended yet. */
  open: number;
}

/** Takes back commands that a client was given, and has not sent yet. */
export class RevocableCommands {
  private readonly groups = new Set<Group>();
  private last: Group | undefined;

  /** Gives a client a command, with the signal by which it is taken back. */
  run<T>(send: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const group = this.last && this.last.given < MOST_SHARING ? this.last : this.begin();
    group.given++;
    group.open++;
    const outcome = send(group.controller.signal);
    const end = (): void => {
      if (--group.open === 0 && group !== this.last) this.groups.delete(group);
    };
    outcome.then(end, end);
    return outcome;
  }

  /** Has the client reject whatever it has not sent. */
  takeBack(): void {
    const groups = [...this.groups];
    this.groups.clear();
    this.last = undefined;
    for (const { controller } of groups) controller.abort();
  }

  private begin(): Group {
    const controller = new AbortController();
    setMaxListeners(0, controller.signal);
    const group: Group = { controller, given: 0, open: 0 };
    if (this.last?.open === 0) this.groups.delete(this.last);
    this.groups.add(group);
    this.last = group;
    return group;
  }
}
