/** How often it is looked whether a journal has answered anything, in milliseconds. */
const LOOK = 50;

/** How long an answer is waited for at most, in milliseconds. */
const MOST = 1_000;

/**
 * Waits for the answers of a journal that servers share, as long as it answers at all: where many ask, the last of them
 * has to wait. Where nothing has come in between two looks, or one while nothing has come for longer, the answer is
 * given up: clients are not to pay for an outage, nor to do so again and again. What came while the process was busy is
 * read between two looks.
 */
export class JournalPatience {
  private answers = 0;
  private isSilent = false;

  /** Settles as the answer does, or rejects if that takes too long. */
  async wait<T>(answer: Promise<T>): Promise<T> {
    answer.then(
      () => {
        this.answers++;
        this.isSilent = false;
      },
      () => (this.isSilent = true),
    );
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      const begun = performance.now();
      let seen = this.answers;
      let isSecond = this.isSilent;
      const look = (): void => {
        const isOver = performance.now() - begun >= MOST;
        if (isOver || (seen === this.answers && isSecond)) {
          this.isSilent = true;
          reject(new Error(`the journal has not answered for ${isOver ? MOST : LOOK} ms or longer`));
          return;
        }
        isSecond = seen === this.answers;
        seen = this.answers;
        timer = setTimeout(look, LOOK);
      };
      timer = setTimeout(look, LOOK);
    });
    try {
      return await Promise.race([answer, late]);
    } finally {
      clearTimeout(timer);
    }
  }
}
