import type { ClusterJournal, JournalConnection, JournalIntegration, JournalLimits } from '../../../../../src/index.js';
import { Gate } from '../../../../support/gate.js';

/** A journal that counts nothing more, or says nothing of it, once it is closed, before it is opened again. */
export class ClosableJournal implements JournalIntegration {
  readonly name = 'closable()';
  readonly asked = new Gate();
  readonly counted = new Gate();
  private gate: Gate | undefined;
  private answers: Gate | undefined;

  constructor(private readonly inner: JournalIntegration) {}

  close(): void {
    this.gate = new Gate();
  }

  /** Counts on, but does not answer. */
  closeAnswers(): void {
    this.answers = new Gate();
  }

  reopen(): void {
    this.gate?.open();
    this.answers?.open();
  }

  open(limits: JournalLimits): JournalConnection {
    const { journal, ...connection } = this.inner.open(limits);
    const append: ClusterJournal['append'] = async (entry) => {
      if (this.gate) this.asked.open();
      await this.gate?.opened;
      const place = await journal.append(entry);
      if (this.answers) this.counted.open();
      await this.answers?.opened;
      return place;
    };
    const readAfterThose: ClusterJournal['read'] = async (question) => {
      await this.gate?.opened;
      return journal.read(question);
    };
    const positionsOf: ClusterJournal['positionsOf'] = (streams) => journal.positionsOf(streams);
    return {
      ...connection,
      journal: { append, read: readAfterThose, positionsOf, forget: (stream) => journal.forget(stream) },
    };
  }
}
