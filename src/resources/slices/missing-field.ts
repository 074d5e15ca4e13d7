import { describeValue } from '../../common/describe-value.js';
import { isObject } from '../../common/type-guards.js';
import { ID_FIELDS } from './slice-field.js';
import { plain, writtenForm } from './slice.js';

/** The most fields that are proposed. */
const MAX_PROPOSED = 3;

/**
 * Says why a record shows no value for a field of a slice, and what to declare instead, as far as the record shows
 * that. It names fields, and never says what they hold.
 */
export function whyMissing(record: object, field: string): string | undefined {
  try {
    return whatIsThere(record, field) ?? whereElse(record, field);
  } catch {
    // A getter may fail, such as that of a collection that is not loaded.
    return undefined;
  }
}

/** Describes what stands on the path, where that leads to no value. */
function whatIsThere(record: object, field: string): string | undefined {
  const path = field.split('.');
  let at: unknown = record;
  let isList = false;
  for (const [depth, name] of path.entries()) {
    const before = path.slice(0, depth).join('.');
    if (!isObject(at))
      return `its "${before}" is ${describe(at, isList)}, which has no "${name}"${declare(before, at)}`;
    const held = plain(at[name]);
    if (held === null || (held === undefined && depth === 0)) return undefined;
    if (held === undefined) return `its "${before}" has no "${name}"${propose(before, at)}`;
    isList ||= Array.isArray(held);
    at = Array.isArray(held) ? plain(held[0]) : held;
  }
  if (writtenForm(at) !== undefined || at === undefined) return undefined;
  return `its "${field}" is ${describe(at, isList)}, which is not a value${propose(field, at)}`;
}

function describe(value: unknown, isList: boolean): string {
  if (!isList) return describeValue(value);
  return isObject(value) ? 'a list of objects' : `a list of which a member is ${describeValue(value)}`;
}

/** Finds the value under another name: of a record in place of its id, the reverse, or within an envelope. */
function whereElse(record: object, field: string): string | undefined {
  const found = otherNames(field).find((name) => isThere(record, name));
  if (found !== undefined) return `it shows "${found}" instead: declare slices: ['${found}']`;
  const envelope = Object.entries(record).find(([, value]) => isObject(value) && isThere(value, field));
  if (!envelope) return undefined;
  const [name, within] = envelope as [string, object];
  // What has an id of its own beside the field is the record.
  return ID_FIELDS.some((id) => isThere(within, id)) && !ID_FIELDS.some((id) => isThere(record, id))
    ? `the field is in "${name}": say { select: '${name}' }`
    : `the field is in "${name}": declare slices: ['${name}.${field}']`;
}

/** Returns how the same is named where a record stands in place of its id, or the reverse. */
function otherNames(field: string): string[] {
  const [, name, id] = /^(.+?)(?:[._]?)(_?id)$/i.exec(field) ?? [];
  if (name === undefined || id === undefined) return [`${field}Id`, `${field}_id`];
  return [`${name}.id`, `${name}._id`, name, `${name}Id`, `${name}_id`].filter((other) => other !== field);
}

function isThere(record: object, field: string): boolean {
  let at: unknown = record;
  for (const name of field.split('.')) at = isObject(at) ? plain(at[name]) : undefined;
  return writtenForm(at) !== undefined || (Array.isArray(at) && writtenForm(at[0]) !== undefined);
}

function propose(path: string, value: unknown): string {
  if (!isObject(value)) return '';
  const fields = Object.keys(value).filter((name) => /^\w+$/.test(name) && writtenForm(value[name]) !== undefined);
  const ids = fields.filter((name) => ID_FIELDS.includes(name));
  const names = [...new Set([...ids, ...fields])].slice(0, MAX_PROPOSED);
  return names.length === 0 ? '' : `: declare slices: [${names.map((name) => `'${path}.${name}'`).join(' or ')}]`;
}

function declare(path: string, value: unknown): string {
  return writtenForm(value) === undefined
    ? ''
    : `: declare slices: ['${path}'] if that is what tells the records apart`;
}
