import { debugLog } from '../../../common/log.js';
import type { ResourceRegistry } from '../../definition/resource-registry.js';
import { topicOf } from '../../definition/resource-rooms.js';
import type { SentPublication } from '../../journal/sent-publication.js';
import type { NewestVersions } from '../../record-versions/newest-versions.js';

const debug = debugLog('resources');

/** Of how many publications it is remembered that they were outdated when they came. */
const MAX_REMEMBERED = 1_000;

/** Leaves out what is older than what the sockets of this server were sent of the same record. */
export class OutdatedPublications {
  private readonly left = new Set<string>();

  constructor(private readonly registry: ResourceRegistry) {}

  /**
   * Returns what may be sent of a publication now, and remembers its version.
   *
   * @returns the publication itself, as a rule; `undefined` if nothing of it
   */
  current(sent: SentPublication): SentPublication | undefined {
    if (!sent.change) return sent;
    const versions = this.registry.find(sent.resource)?.versions;
    // Another server may know of versions where this one does not.
    if (versions?.field === undefined) return sent;
    const current = newestOf(sent, versions.sent);
    if (!current) this.noteOutdated(sent);
    return current;
  }

  /**
   * Returns what may be sent of a publication to one socket that has missed it.
   *
   * @param newest what the socket has been sent of what it had missed before
   */
  missed(sent: SentPublication, newest: NewestVersions): SentPublication | undefined {
    if (!sent.change) return sent;
    // What followed a newer version for others may follow it for this socket, which may have that from before.
    return this.left.has(sent.note.id) ? undefined : newestOf(sent, newest);
  }

  private noteOutdated({ change, note: { id }, resource }: SentPublication): void {
    debug?.(`${id}: a newer version of ${resource} ${change?.id} was sent before, so it is not sent`);
    this.left.add(id);
    const [oldest] = this.left;
    if (this.left.size > MAX_REMEMBERED) this.left.delete(oldest);
  }
}

function newestOf(sent: SentPublication, newest: NewestVersions): SentPublication | undefined {
  const { change, topics } = sent;
  if (!change) return sent;
  const admitted = newest.admit(change, topics);
  if (admitted === topics) return sent;
  if (admitted.length === 0) return undefined;
  const isAdmitted = (room: string): boolean => admitted.includes(topicOf(room));
  const versions = sent.versions.map((version) => ({ ...version, rooms: version.rooms.filter(isAdmitted) }));
  return { ...sent, topics: admitted, versions };
}
