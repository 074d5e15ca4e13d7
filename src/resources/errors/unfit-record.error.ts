import { SocketsError } from '../../common/common.errors.js';

/** The schema that is the view of a record refuses it, so it is not sent. */
export class UnfitRecordError extends SocketsError {
  readonly code = 'UNFIT_RECORD';

  constructor(issues: number) {
    super(
      `The record does not fit the view: ${issues} issue(s). Give all that the schema requires, or make optional what a change may leave out.`,
    );
  }
}
