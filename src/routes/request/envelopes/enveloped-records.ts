import { isObject } from '../../../common/type-guards.js';
import { readId } from '../../../resources/definition/record-id.js';
import type { Resource } from '../../../resources/definition/resource.js';

/** What is known of an answer that has no id of its own. */
export interface AnswerEvidence {
  resource: Resource;
  /** The fields in which records of the resource refer to others. */
  attributes: readonly string[];
  /** What the path says instead of the id. */
  named?: unknown;
  /** What the handler has returned. */
  returned?: unknown;
}

/** A field of an answer that holds a record, or a list of them. */
interface Candidate {
  path: string;
  record: Record<string, unknown>;
}

/** Fields that answers of all kinds put what they have to say into. */
export const WRAPPERS =
  /^(?:data|result|results|payload|response|record|records|item|items|entity|entities|rows|list)$/i;

const NAMES_BESIDE =
  'success|ok|status|statusCode|code|messages?|errors?|meta|links|timestamp|path|requestId|page|limit';

/** Fields that stand beside it. */
export const BESIDE = new RegExp(String.raw`^(?:${NAMES_BESIDE}|\w*(?:total|count))$`, 'i');

const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i;

/**
 * Finds the field of an answer that holds the record, although nothing says so. A part of a record, such as
 * `{ owner: { id: 1 } }`, is one that has changed: so the field must be none that records have, and
 *
 * - hold the record that the handler has returned, around which an interceptor has put it; or
 * - be named like the resource, or as another decorator says, and not hold the record of another id than the path's; or
 * - hold the record that the path names, which has the fields of the records that were read, or is in a field such as
 *   `data`, with nothing beside it but what usually is.
 */
export function findEnvelope(answer: Record<string, unknown>, evidence: AnswerEvidence): string | undefined {
  return candidatesIn(answer, evidence).find((one) => isEnveloped(one, answer, evidence))?.path;
}

/**
 * Finds the field of an answer that is most likely to hold the record, where nothing is done with the answer anyway,
 * since nothing says which record it is.
 */
export function guessEnvelope(answer: Record<string, unknown>, evidence: AnswerEvidence): string | undefined {
  const candidates = candidatesIn(answer, evidence);
  const { answers } = evidence.resource;
  const empty = Object.keys(answer).filter((field) => isEmpty(answer[field]));
  const likely = [
    candidates.find((one) => isEnveloped(one, answer, evidence)),
    candidates.find(({ path, record }) => answers.isPlace(path) || answers.resembles(record)),
    candidates.find(({ path }) => isWrapper(path) || areBeside(answer, path)),
  ].find((one) => one !== undefined);
  return likely?.path ?? empty.find((field) => answers.isPlace(field) || WRAPPERS.test(field));
}

function isEnveloped(
  { path, record }: Candidate,
  answer: Record<string, unknown>,
  { resource, named, returned }: AnswerEvidence,
): boolean {
  const { answers, idField } = resource;
  const own: unknown = Array.isArray(returned) ? returned[0] : returned;
  if (isObject(own) && !(path in own) && isSameId(record[idField], own[idField])) return true;
  if (contradicts(record[idField], named)) return false;
  if (answers.isPlace(path) || answers.isPlace(path.slice(path.lastIndexOf('.') + 1))) return true;
  if (!holds(record, named)) return false;
  const isRecord = answers.resembles(record) && !Object.keys(answer).some((field) => answers.hasField(field));
  return isRecord || (isWrapper(path) && areBeside(answer, path));
}

/** Tells whether all fields but this one are such as stand beside what is in an envelope. */
function areBeside(answer: Record<string, unknown>, path: string): boolean {
  const [outer] = path.split('.', 1);
  return Object.keys(answer).every((field) => field === outer || BESIDE.test(field));
}

function isEmpty(value: unknown): boolean {
  return value === null || (Array.isArray(value) && value.length === 0);
}

function candidatesIn(answer: Record<string, unknown>, evidence: AnswerEvidence): Candidate[] {
  return Object.entries(answer)
    .filter(([field]) => !isOwnField(field, evidence))
    .flatMap(([field, value]) => {
      const record = recordIn(value, field, evidence);
      if (record) return [{ path: field, record }];
      // Two levels, where the outer one says nothing.
      if (!isObject(value) || !WRAPPERS.test(field)) return [];
      return Object.entries(value).flatMap(([inner, held]) => {
        const found = recordIn(held, inner, evidence);
        return found ? [{ path: `${field}.${inner}`, record: found }] : [];
      });
    });
}

/** Tells whether a field is one of the records'. */
function isOwnField(field: string, { resource, attributes }: AnswerEvidence): boolean {
  const { answers, personal, slices } = resource;
  const fields = slices.fields.map((path) => path.split('.', 1)[0]);
  return attributes.includes(field) || answers.hasField(field) || personal.inner.has(field) || fields.includes(field);
}

/** Returns the record that a value is, or the first of a list. In a field of that name, it may well show no id. */
function recordIn(value: unknown, field: string, { resource }: AnswerEvidence): Record<string, unknown> | undefined {
  const record: unknown = Array.isArray(value) ? value[0] : value;
  if (!isObject(record)) return undefined;
  const { answers, idField, keys } = resource;
  const isNamed = [idField, keys.field].some((name) => name !== undefined && readId(record[name]) !== undefined);
  return isNamed || answers.isPlace(field) ? record : undefined;
}

function isWrapper(path: string): boolean {
  return path.split('.').every((field) => WRAPPERS.test(field));
}

function isSameId(one: unknown, other: unknown): boolean {
  const [id, same] = [readId(one), readId(other)];
  return id !== undefined && same !== undefined && String(id) === String(same);
}

/** Tells whether a record has what the path says, as its id or in another field. */
function holds(record: object, named: unknown): boolean {
  const id = readId(named);
  if (id === undefined) return false;
  return Object.values(record).some((value) => typeof value !== 'object' && String(value) === String(id));
}

/** Tells whether two ids are of one kind, and not the same: then the record is another one. */
function contradicts(id: unknown, named: unknown): boolean {
  const [one, other] = [id, named].map((value) => String(readId(value) ?? ''));
  const isOfOneKind = [/^\d+$/, UUID].some((kind) => kind.test(one) && kind.test(other));
  return isOfOneKind && one.toLowerCase() !== other.toLowerCase();
}
