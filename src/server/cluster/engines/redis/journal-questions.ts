import type { History, HistoryQuestion, KeptEntry } from '../../journal/journal.js';
import { entryOf, epochOf } from '../../journal/kept-text.js';

/** How many questions one script answers at most, and about how many topics: nothing else has its turn meanwhile. */
const MOST_QUESTIONS = 50;
const MOST_TOPICS = 1_000;

/** What the script says: in the lists, entries have their numbers, from 1 on. */
type Told = [run: string, position: string, entries: Array<[string, string]>, lists: Array<number[] | null>];

/** What is known of a stream, and the entries that each question asks for. */
interface Answer {
  run: string;
  position: number;
  entries: Array<KeptEntry[] | undefined>;
}

interface Batch {
  readonly questions: HistoryQuestion[];
  topics: number;
  readonly answer: Promise<Answer>;
}

/**
 * Asks Redis once for what is to be known of a stream in one turn of the event loop: a call costs more than most of
 * what it asks for.
 */
export class JournalQuestions {
  /** That of each stream to which more can be added. */
  private readonly open = new Map<string, Batch>();

  /** @param ask runs the script */
  constructor(private readonly ask: (stream: string, args: Array<string | number>) => Promise<unknown>) {}

  async positionOf(stream: string): Promise<Pick<Answer, 'run' | 'position'>> {
    return this.batchOf(stream).answer;
  }

  async read(question: HistoryQuestion): Promise<History> {
    const batch = this.batchOf(question.stream);
    const number = batch.questions.push(question) - 1;
    batch.topics += question.since.size;
    const { run, position, entries } = await batch.answer;
    return { epoch: epochOf(run), position, entries: entries[number] };
  }

  private batchOf(stream: string): Batch {
    const known = this.open.get(stream);
    if (known && known.questions.length < MOST_QUESTIONS && known.topics < MOST_TOPICS) return known;
    const questions: HistoryQuestion[] = [];
    const answer = new Promise((resolve) => setImmediate(resolve)).then(async () => {
      if (this.open.get(stream) === batch) this.open.delete(stream);
      return read((await this.ask(stream, questions.flatMap(argumentsOf))) as Told);
    });
    const batch: Batch = { questions, topics: 0, answer };
    this.open.set(stream, batch);
    return batch;
  }
}

function argumentsOf({ since, mostEntries, mostBytes }: HistoryQuestion): Array<string | number> {
  return [mostEntries, mostBytes, since.size, ...[...since].flat()];
}

function read([run, position, texts, lists]: Told): Answer {
  const all = texts.map(entryOf);
  const entries = lists.map((list) => list?.flatMap((number) => all[number - 1] ?? []));
  return { run, position: Number(position), entries };
}
