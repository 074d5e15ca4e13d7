import { Json } from '../../../common/json.js';
import { isObject } from '../../../common/type-guards.js';
import type { Resource } from '../../definition/resource.js';
import type { ShownFields } from '../../readers/shown-reads.js';
import { Fields, only, type Part, unite, without } from '../../views/fields.js';

/** The fields of the records in a message that depend on who looks at them. */
export interface PersonalFields {
  /** Of `data` and `previous`. */
  own: Fields;
  /** Of `added`. */
  added: Fields;
}

/**
 * Who a message is for: those who may be shown all of it, its writer, or those who may be shown some fields. None of
 * them is sent what one of their own reads has kept back.
 */
export type Viewer =
  | { kind: 'all'; kept: Fields | undefined }
  | { kind: 'writer'; kept: Fields | undefined }
  | { kind: 'reader'; fields: ShownFields };

/** A message as some sockets are sent it. */
export interface ShownMessage {
  message: Json;
  /** The same for viewers who are sent the same. */
  key: string;
  /** The paths of the fields that the viewer has not been shown. Personal ones are not among them. */
  leftOut: ReadonlySet<string>;
  /** Whether a client that reads the record again may find more. */
  hasMore: boolean;
}

const NOTHING: ReadonlySet<string> = new Set();

/** Shows one message, the answer of a route, to different viewers. */
export class AnswerMessage {
  private readonly known = new Map<string, ShownMessage>();

  /** @param addedIsViewed whether `added` is in a view of its own already */
  constructor(
    private readonly resource: Resource,
    private readonly whole: Json,
    private readonly personal: PersonalFields,
    private readonly addedIsViewed: boolean,
  ) {}

  showTo(viewer: Viewer): ShownMessage {
    const key = keyOf(viewer);
    const known = this.known.get(key) ?? this.show(viewer, key);
    this.known.set(key, known);
    return known;
  }

  private show(viewer: Viewer, key: string): ShownMessage {
    const { value: message } = this.whole;
    const toAll = { message: this.whole, key: 'whole', leftOut: NOTHING, hasMore: false };
    if (!isObject(message)) return toAll;
    const parts = (['data', 'previous', 'added'] as const).filter((name) => message[name] !== undefined);
    const shown = parts.map((name) => ({ name, ...this.showPart(viewer, name, message) }));
    if (shown.every(({ isSame }) => isSame)) return toAll;
    const changed = new Map<string, unknown>(shown.map(({ name, value }) => [name, value]));
    const entries = Object.entries(message).map(([name, value]) => [
      name,
      changed.has(name) ? changed.get(name) : value,
    ]);
    return {
      message: Json.of(Object.fromEntries(entries.filter(([, value]) => value !== undefined))),
      key,
      leftOut: new Set(shown.flatMap(({ leftOut }) => [...leftOut])),
      // A record as it was can be read no more.
      hasMore: shown.some(({ name, leftOut }) => name !== 'previous' && leftOut.size > 0),
    };
  }

  private showPart(
    viewer: Viewer,
    name: 'data' | 'previous' | 'added',
    { [name]: value, id, attribute }: Record<string, unknown>,
  ): Part & { isSame: boolean } {
    if (viewer.kind === 'writer') return this.showAllBut(viewer.kept, name, { value, attribute });
    const impersonal = without(name === 'added' ? this.personal.added : this.personal.own, value);
    if (viewer.kind === 'all') {
      const part = this.showAllBut(viewer.kept, name, { value: impersonal.value, attribute });
      return { ...part, isSame: part.isSame && impersonal.leftOut.size === 0 };
    }
    if (!isObject(impersonal.value) || (name === 'added' && this.addedIsViewed)) {
      return { value: impersonal.value, leftOut: NOTHING, isSame: impersonal.leftOut.size === 0 };
    }
    const { idField } = this.resource;
    const shown = inPart(viewer.fields.shown, name, attribute);
    // Nothing but the id is known to everybody who is told of the record at all.
    const fields = name === 'data' ? unite(shown, Fields.ofField(idField)) : shown;
    const part = only(fields, impersonal.value);
    const nothing = name === 'data' ? { [idField]: id } : undefined;
    return { ...part, value: part.value ?? nothing, isSame: part.leftOut.size + impersonal.leftOut.size === 0 };
  }

  /**
   * The writer has been sent all of it already; but another of its sockets may have been shown less by the same route.
   */
  private showAllBut(
    kept: Fields | undefined,
    name: string,
    { value, attribute }: { value: unknown; attribute: unknown },
  ): Part & { isSame: boolean } {
    const owned = name === 'added' ? kept?.inner.get(String(attribute)) : kept;
    // All of it was kept back there.
    if (name === 'added' && owned?.isEmpty) return { value: undefined, leftOut: new Set([name]), isSame: false };
    const part = without(owned ?? Fields.NONE, value);
    return { ...part, isSame: part.leftOut.size === 0 };
  }
}

/** Returns the fields of the record in this part of the message: an added one was shown as a part of its owner. */
function inPart(fields: Fields | undefined, name: string, attribute: unknown): Fields {
  const found = name === 'added' ? fields?.inner.get(String(attribute)) : fields;
  return found ?? Fields.NONE;
}

function keyOf(viewer: Viewer): string {
  if (viewer.kind !== 'reader') return `${viewer.kind} ${viewer.kept?.key}`;
  return `reader ${viewer.fields.shown?.key}`;
}
