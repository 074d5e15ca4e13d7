import {
  parsePosition,
  POSITION_HEADER,
  type Positions,
  type Recovered,
  RECOVERY_HEADER,
} from '../../../protocol/position.js';
import type { SocketResponse } from '../../../protocol/request.js';

/** What became of a repetition when its turn has come. */
export interface Outcome {
  /** Whether everything that was published since has been handed on. */
  recovered: boolean;
  /** Whether something later than the answer has been handed on. */
  isOvertaken: boolean;
}

/** The repetition of a read, and what was missed until its answer, which follows it. */
export class Resumption {
  /** How far the answer reaches. */
  answer: Positions | undefined;
  /** The resources of which something is lost. */
  lost: string[] = [];
  timer: ReturnType<typeof setTimeout> | undefined;
  #id: unknown;
  #recovered: boolean | undefined;
  #hasFailed = false;
  #isCancelled = false;
  #show: ((outcome: Outcome) => void) | undefined;

  /** @param isReconnect whether all reads are repeated, on a new connection */
  constructor(
    readonly resources: ReadonlySet<string>,
    readonly since: Positions | undefined,
    readonly isReconnect: boolean,
  ) {}

  /** Whether everything has followed that was published since the answer before. */
  get isRecovered(): boolean {
    const { answer } = this;
    const isContinued = answer && [...answer.resources.keys()].every((name) => this.continues(name, answer.epoch));
    return this.#recovered === true && isContinued === true;
  }

  /** Whether its turn may come: it is answered, and nothing more follows the answer. */
  get isDone(): boolean {
    return this.#show !== undefined && this.#recovered !== undefined;
  }

  /** Whether what was missed of the resource follows the answer. */
  continues(resource: string, epoch: string): boolean {
    return this.since?.epoch === epoch && this.since.resources.has(resource);
  }

  /** How far the answer reaches in all, in order to tell an earlier one from a later one. */
  get extent(): number {
    return [...(this.answer?.resources.values() ?? [])].reduce((sum, { base }) => sum + base, 0);
  }

  answered({ headers }: SocketResponse): void {
    this.answer = parsePosition(headers[POSITION_HEADER]);
    if (this.#hasFailed) return;
    this.#id = headers[RECOVERY_HEADER];
    // Without an id nothing follows.
    if (this.#id === undefined) this.#recovered = false;
  }

  /** @returns whether it is this one */
  take({ id, recovered, resources }: Partial<Recovered>): boolean {
    if (this.#recovered !== undefined || this.#id === undefined || id !== this.#id) return false;
    this.#recovered = recovered === true;
    if (!this.#recovered) this.lost = [...(resources ?? this.resources)];
    return true;
  }

  /** Waits no longer for what was missed, which is lost. */
  fail(): void {
    this.#hasFailed = true;
    this.#recovered = false;
    this.lost = [...this.resources];
  }

  /** Never has its turn. */
  cancel(): void {
    clearTimeout(this.timer);
    this.#isCancelled = true;
  }

  /** @param show called when its turn has come, unless the connection is lost before */
  end(show: (outcome: Outcome) => void): void {
    this.#show = show;
    if (!this.answer) this.#recovered = false;
  }

  show(isOvertaken: boolean): void {
    if (!this.#isCancelled) this.#show?.({ recovered: this.isRecovered, isOvertaken });
  }
}
