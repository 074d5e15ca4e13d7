import type { PlacedGroup, Publication } from '../publication.js';

declare const READ: unique symbol;

/** Publications that were read but not sent: nothing remembers them, and nobody has heard of them. */
export type ReadPublications = readonly Publication[] & { readonly [READ]: 'to be sent' };

/**
 * Publications as they will be sent, each with those that tell the slices that its record leaves or enters. Nothing
 * remembers yet where they take records.
 */
export type PlacedPublications = readonly PlacedGroup[];

/** Publications that nobody will see, of which only the slices were read. */
export type UnseenPublications = readonly Publication[] & { readonly [READ]: 'to be followed' };
