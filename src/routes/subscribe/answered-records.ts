import type { RecordId } from '../../protocol/resource-message.js';
import type { Resource } from '../../resources/definition/resource.js';
import type { Fields } from '../../resources/views/fields.js';
import { keptBack, keptBackOfAll, shownInAll } from '../../resources/views/shown-fields.js';
import type { HandledRecords } from './handled-records.js';
import type { AnsweredFields } from './room-change.js';

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
    return {
      isList: true,
      shown: records.length > 0 ? shownInAll(records) : undefined,
      kept: keptBackOfAll(records.map((record) => this.keptOf(record, this.resource.findIdOf(record)))),
    };
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
