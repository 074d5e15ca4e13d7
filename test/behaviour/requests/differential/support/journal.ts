import { Injectable } from '@nestjs/common';

/** What was called on a request's way through the application, in order. */
@Injectable()
export class Journal {
  private entries: string[] = [];

  note(entry: string): void {
    this.entries.push(entry);
  }

  /** What was noted since it was asked last. */
  take(): string[] {
    const taken = this.entries;
    this.entries = [];
    return taken;
  }
}
