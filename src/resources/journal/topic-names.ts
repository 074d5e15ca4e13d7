import { createHmac } from 'node:crypto';
import type { Epoch } from '../../server/cluster/journal/journal.js';

/** How many names are remembered, since each costs a hash. */
const MAX_REMEMBERED = 20_000;

/** The length of a name: 48 bits, so that two topics of one resource hardly ever share it. */
const LENGTH = 8;

/** Gives topics names that say nothing of what they are about, the same on all servers of an epoch. */
export class TopicNames {
  private epoch: string | undefined;
  private readonly names = new Map<string, string>();

  of(room: string, { id, key }: Epoch): string {
    if (this.epoch !== id || this.names.size >= MAX_REMEMBERED) {
      this.epoch = id;
      this.names.clear();
    }
    const known = this.names.get(room);
    if (known !== undefined) return known;
    const name = createHmac('sha256', key).update(room).digest('base64url').slice(0, LENGTH);
    this.names.set(room, name);
    return name;
  }
}
