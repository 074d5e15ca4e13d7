import type { Standing } from '../../../server/cluster/delivery/standing.js';
import type { Change, Publication } from '../publication.js';
import type { LocationChanges } from './placement/location-changes.js';

type Step<Result> = (publication: Publication) => Result;

/** What is done once it is known what has become of a publication. */
export interface EmissionOutcome {
  /**
   * It was emitted: at the place where a shared journal has it, if it was not known before whether it would be. The
   * promise is set if what was counted before may not be here yet, and fulfilled with whether it has come.
   */
  readonly emitted: (place?: Standing, arrivals?: Promise<boolean>) => void;
  /**
   * A shared journal has counted it, which is sent in any case, and everything before it is here. It is late if it was
   * emitted before that.
   */
  readonly counted?: (place: Standing, isLate: boolean) => void;
  /** It has been counted, but what stands before it is not waited for any longer. */
  readonly unsettled?: (place: Standing) => void;
  /** It is not sent, or was counted in vain, since a newer version of the record was sent before. */
  readonly outdated?: () => void;
  /** It is not known here what becomes of it, or whether anybody else hears of it. */
  readonly lost?: () => void;
  /**
   * It was not, and will not be: it was sent before, or the transaction that has written it has not committed. Absent
   * where it is sent in any case.
   */
  readonly dropped?: () => void;
}

/**
 * The steps of one resource's publications, in order. An optional step is absent where the resource does not need it.
 */
export interface PipelineSteps {
  // In `compose()`, which may have to wait for views:
  /** Makes the record's own message, or messages. */
  readonly compose: (change: Change) => readonly Publication[];
  /** Adds the messages for records on the other side of relations. */
  readonly reverse: (change: Change, own: readonly Publication[]) => readonly Publication[];
  /** Shows the records in a message as each audience sees them. */
  readonly view?: Step<Publication | Promise<Publication>>;

  // In `read()`, after which the application may change its objects:
  /** Reads which slices the record is said to be in, or to have been in. */
  readonly locate?: Step<Publication>;
  /** Reads by which keys the record is and was known. */
  readonly recognize?: Step<Publication>;
  /** Reads which version of the record it shows. */
  readonly readVersion?: Step<Publication>;
  /** Lets `@BeforePublication` methods rewrite the message, or stop it. */
  readonly rewrite?: Step<Publication>;
  /** Turns the message into plain JSON data. */
  readonly plain: Step<Publication>;

  // In `send()`, which is the first to have effects. It remembers where records are, and by which keys they are known,
  // once all of them are placed:
  /** Tells whether a newer version of the record was sent before. */
  readonly isOutdated?: Step<boolean>;
  /** Finds out where the record is now, and adds `left` and `entered`. */
  readonly place?: (
    publication: Publication,
    changes: LocationChanges,
  ) => readonly [own: Publication, ...moves: Publication[]];
  /** Remembers by which key the record is known now, and says whether that may be news to other servers. */
  readonly rename?: Step<boolean>;
  /**
   * Emits once for each audience that sees something different: a declared one, or one that was shown the same. The
   * promise, if there is one, is fulfilled once it is known whether it does, or would take too long.
   */
  readonly emit: (
    publication: Publication,
    omitted: readonly string[],
    outcome: EmissionOutcome,
  ) => void | Promise<void>;
  /** Tells `@OnPublication` methods. */
  readonly announce?: Step<void>;
  /** Ends the subscriptions to a record that is gone. */
  readonly retire: Step<void>;
}
