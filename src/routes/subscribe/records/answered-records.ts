import type { RecordId } from '../../../protocol/resource-message.js';
import type { Resource } from '../../../resources/definition/resource.js';
import { type Fields, subtract } from '../../../resources/views/fields.js';
import { keptBack, keptBackOfAll, shownInAll, uniteKept } from '../../../resources/views/shown-fields.js';
import type { HandledRecords } from './handled-records.js';
import type { AnsweredFields } from '../room-change.js';

/** Compares the records of an answer with those that the handler has returned. */
export class AnsweredRecords {
  constructor(
    private readonly resource: Resource,
    private readonly handled: HandledRecords | undefined,
  ) {}

  ofRecord(record: object, id: RecordId | undefined): AnsweredFields {
    return { isList: false, shown: shownInAll([record]), kept: this.keptOf(record, id) };
  }

  /** What is shown of a list is shown of each of its records; and what is kept back of each of them is kept back. */
  ofList(records: readonly object[]): AnsweredFields {
    if (records.length === 0) return { isList: true, shown: undefined, kept: undefined };
    const kept = records.map((record) => this.keptOf(record, this.resource.findIdOf(record)));
    const keptOfAny = kept.reduce((one, other) => uniteKept(one, other), undefined);
    const shown = shownInAll(records);
    // A field that is `null` instead of its value is there, and yet it is not shown.
    return { isList: true, shown: keptOfAny ? subtract(shown, keptOfAny) : shown, kept: keptBackOfAll(kept) };
  }

  private keptOf(record: object, id: RecordId | undefined): Fields | undefined {
    const handled = id === undefined ? undefined : this.handled?.find(this.resource, id);
    return handled && keptBack(asJson(handled), record);
  }
}

/** Where JSON cannot express a record, only the answer counts. */
function asJson(record: object): unknown {
  try {
    return JSON.parse(JSON.stringify(record)) as unknown;
  } catch {
    return undefined;
  }
}
