import type { ExecutionContext } from '@nestjs/common';
import type { ApplyView } from '../views/view.js';
import { serialized } from './serialized.js';
import { shownAs } from './shown-as.js';

/** What is told of a record as it was. */
interface ShownPrevious {
  shown: unknown;
  /** No more of it than the response shows. */
  response: unknown;
}

/** What subscribers are shown of a record, as far as the decorator decides it: its view, or what the response shows. */
export class RecordShape {
  constructor(private readonly view: ApplyView | undefined) {}

  /** It is shown in the view of the decorator. */
  get isViewed(): boolean {
    return this.view !== undefined;
  }

  async show(record: object): Promise<unknown> {
    return this.view ? this.view(record) : record;
  }

  /**
   * No serializer saw the record as it was, so it is serialized as responses of the route are; and without a view it shows no more than this response.
   *
   * @param shape the record in the response
   */
  async showPrevious(previous: object, shape: object, execution: ExecutionContext): Promise<ShownPrevious> {
    const all = await serialized(previous, execution);
    const response = shownAs(shape, all);
    return { response, shown: this.view ? await this.view(all) : response };
  }
}
