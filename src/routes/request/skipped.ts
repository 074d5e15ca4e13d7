/** The reason why a decorator does nothing. It is not a failure, and is logged once per route. */
export class Skipped extends Error {}

/**
 * The reason why nobody can know this time what the decorator would do: an interceptor answered in the handler's place.
 * A recheck concludes nothing from it.
 */
export class SkippedUnknown extends Skipped {}
