/** How often it is looked whether a journal has answered anything, in the time that a publication waits for it. */
const LOOKS = 3;

/** How long an answer is waited for at most, in milliseconds, unless that is less than one publication waits. */
const MOST = 1_000;

/**
 * In between how many looks in a row nothing may come, by who is kept waiting meanwhile; and how many while nothing has
 * come for longer.
 */
const MOST_QUIET = { waiting: 2, idle: Infinity, background: Infinity };
const FEWEST_QUIET = { waiting: 1, idle: 3, background: Infinity };

/** Whether a request, or what a socket is to be sent, waits for the answer; or a client; or nobody. */
export type Urgency = keyof typeof MOST_QUIET;

/**
 * Waits for the answers of a journal that servers share, as long as it answers at all: where many ask, the last of them
 * has to wait. Where nothing comes, the answer is given up: clients are not to pay for an outage, nor to do so again
 * and again. What came while the process was busy is read between two looks.
 */
export class JournalPatience {
  private answers = 0;
  private isSilent = false;

  /** The time between two looks, in milliseconds. */
  private readonly interval: number;
  private readonly most: number;

  /** @param timeout how long a publication waits for the journal, in milliseconds */
  constructor(timeout: number) {
    this.interval = timeout / LOOKS;
    this.most = Math.max(MOST, timeout);
  }

  /** How long a request waits where nothing comes, in milliseconds. */
  get longestSilence(): number {
    return MOST_QUIET.waiting * this.interval;
  }

  /** Settles as the answer does, or rejects if that takes too long. */
  async wait<T>(answer: Promise<T>, urgency: Urgency): Promise<T> {
    answer.then(
      () => {
        this.answers++;
        this.isSilent = false;
      },
      () => (this.isSilent = true),
    );
    const { interval, most } = this;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      const begun = performance.now();
      const mostQuiet = (this.isSilent ? FEWEST_QUIET : MOST_QUIET)[urgency];
      let seen = this.answers;
      let looks = 0;
      let quiet = 0;
      const look = (): void => {
        quiet = seen === this.answers ? quiet + 1 : 0;
        seen = this.answers;
        looks++;
        const isOver = quiet >= mostQuiet || performance.now() - begun >= most;
        if (!isOver) return void (timer = setTimeout(look, interval));
        this.isSilent = true;
        reject(new Error(`the journal has not answered for ${Math.round(looks * interval)} ms`));
      };
      timer = setTimeout(look, interval);
    });
    try {
      return await Promise.race([answer, late]);
    } finally {
      clearTimeout(timer);
    }
  }
}
