/** Does a thing once, soon, however often it is wished for until then. */
export class Soon {
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly milliseconds: number,
    private readonly work: () => void,
  ) {}

  wish(): void {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.work();
    }, this.milliseconds).unref();
  }

  end(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }
}
