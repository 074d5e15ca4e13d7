import { LineLogger } from '../../../../common/log.js';
import { whyMissing } from '../../../slices/missing-field.js';
import type { Placement } from '../../../slices/placement.js';
import { MAX_SLICES } from '../../../slices/slice.js';
import type { Publication } from '../../publication.js';

/** Warns of publications that watchers of a slice may not hear, once for each route or method. */
export class SliceWarnings {
  private readonly logger = new LineLogger('ResourcefulPubSub');
  private readonly warned = new Set<string>();

  warnOf(publication: Publication, { unknown, excess }: Placement): void {
    const { by, resource, unfit = [], located } = publication;
    // Nobody could act on a warning of a reverse message.
    if (by === undefined) return;
    const wrong = unfit.filter((field) => located?.given === undefined || !Object.hasOwn(located.given, field));
    if (unknown.length > 0 || wrong.length > 0) this.warn(by, describeUnknown(publication, unknown, wrong));
    if (excess.length > 0) {
      const problem =
        `a record of "${resource.name}" is in more than ${MAX_SLICES} slices by ${excess.join(', ')}, so watchers of ` +
        `those of the last members of its list do not hear of it.`;
      this.warn(by, problem, 'excess');
    }
  }

  /** @param by the decorator and the route, or the method of the channel */
  private warn(by: string, problem: string, kind = 'unknown'): void {
    const key = `${kind} ${by}`;
    if (this.warned.has(key)) return;
    this.warned.add(key);
    this.logger.warn(`${by}: ${problem} (Logged once.)`);
  }
}

/**
 * @param unknown the fields of which it is not known what the record has, or had
 * @param wrong the fields where it holds something that is not a value
 */
function describeUnknown(publication: Publication, unknown: readonly string[], wrong: readonly string[]): string {
  const {
    resource: { name },
    verb,
    evidence: { record } = {},
  } = publication;
  const [field] = wrong.length > 0 ? wrong : unknown;
  const why = record && whyMissing(record, field);
  const found = why === undefined ? '' : ` Of the record that is published, ${why}.`;
  if (verb === 'created') {
    return (
      `the new record of "${name}" does not say its ${fieldsOf(unknown, wrong)}, so watchers of its slice do not ` +
      `hear of it.${found} Return the record with that field, null for none, or give it, such as where a serializer ` +
      `hides it: { slice: { ${asKey(field)}: (record, context) => … } }.`
    );
  }
  if (wrong.length > 0) {
    return (
      `it is not known which ${wrong.join(', ')} a record of "${name}" has, so it is taken to be in the slice that ` +
      `it was in.${found} Return the record with a value there, or give it: { slice: { ${asKey(field)}: (record, ` +
      `context) => … } }.`
    );
  }
  const problem =
    `it is not known which ${unknown.join(', ')} a record of "${name}" had, so watchers of the slice that it was in ` +
    `may not hear of it.`;
  return verb === 'updated' || verb === 'destroyed'
    ? `${problem} Give the record as it was, by the option "previous".`
    : `${problem} It becomes known when the record is read by a route with @SubscribeOnRead, or changes.`;
}

function fieldsOf(unknown: readonly string[], wrong: readonly string[]): string {
  return [...new Set([...unknown, ...wrong])].join(', ');
}

function asKey(field: string): string {
  return /^\w+$/.test(field) ? field : `'${field}'`;
}
