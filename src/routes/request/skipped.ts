/** Says why a decorator does nothing. It is no failure, and logged once for each route. */
export class Skipped extends Error {}

/**
 * Says that this time nobody can know what the decorator would do, since an interceptor answered in place of the handler. A recheck concludes nothing
 * from it.
 */
export class SkippedUnknown extends Skipped {}
