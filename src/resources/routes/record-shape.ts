import type { ExecutionContext } from '@nestjs/common';
import { serialized } from './serialized.js';
import { shownAs } from './shown-as.js';
import type { ApplyView } from './view.js';

/** What subscribers are shown of a record: its view, or what the response shows. */
export class RecordShape {
  constructor(private readonly view: ApplyView | undefined) {}

  async show(record: object): Promise<unknown> {
    return this.view ? this.view(record) : record;
  }

  /**
   * No serializer saw the record as it was, so it is serialized as responses of the route are; and without a view it shows no more than this response.
   *
   * @param shape the record in the response
   */
  async showPrevious(previous: object, shape: object, execution: ExecutionContext): Promise<unknown> {
    const plain = await serialized(previous, execution);
    return this.view ? this.view(plain) : shownAs(shape, plain);
  }
}
