import { inject } from 'vitest';
import { Child } from '../../support/child.js';

/** What a client heard of its own server. */
export interface Heard {
  /** How many messages have not reached it. */
  missing: number;
  /** When the others came, by the time of the day, in milliseconds. */
  times: number[];
}

/** Clients of Socket.IO in a process of their own, one of each server. */
export class PlainClients {
  private constructor(private readonly process: Child) {}

  /**
   * @param homes where each has its server, and by which name that publishes
   * @param path what each reads at first, if there is anything to read
   */
  static async of(homes: ReadonlyArray<{ url: string; source: string }>, path: string | null): Promise<PlainClients> {
    const child = await Child.start(inject('faultPrograms')[12], 'plain-clients');
    const statuses = await Promise.all(homes.map(({ url, source }) => child.ask('follow', url, source, path)));
    if (statuses.some((status) => status !== 200)) throw new Error(`Clients were answered ${statuses.join(', ')}.`);
    return new PlainClients(child);
  }

  /** Ends them, and returns what each has heard of the first messages of its server, after which another one comes. */
  async end(count: number): Promise<Heard[]> {
    const all = await this.process.ask<Array<Array<[number: number, time: number]>>>('heardUpTo', count + 1);
    await this.process.end();
    if (!all) throw new Error('The plain clients have ended.');
    return all.map((heard) => {
      const meant = heard.filter(([number]) => number <= count);
      return { missing: count - new Set(meant.map(([number]) => number)).size, times: meant.map(([, time]) => time) };
    });
  }
}
