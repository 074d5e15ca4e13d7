/** What is known of a record that stands in a message. */
export interface ToldRecord {
  /** As the response shows it: for views that are functions. */
  response?: unknown;
  /** As the handler returned it: for views that name the fields which may be sent. */
  whole?: unknown;
  /** The response does not show all of it: a view that is a function may not take it. */
  isPartial?: boolean;
  /** The decorator has a view of its own, and the message shows the record in it already. */
  isViewed?: boolean;
  /** Nothing is told but the id. */
  isId?: boolean;
}

/** By the field of the message that the record stands in; what is absent was given by code, and is in the message as it is. */
export type ToldRecords = Partial<Record<'data' | 'previous' | 'added', ToldRecord>>;

/** The message as those see it who see more than everybody else. */
export interface AudienceMessage {
  audience: string;
  message: unknown;
}
