import { idParameterNames, keyParameterNames } from '../../request/path-key.js';
import type { PathParameters } from './path-parameters.js';

/** What identifies the path parameters that hold ids of a resource. */
export interface IdNames {
  resource: string;
  idField: string;
  /** The field of the key, if the resource has one. */
  keyField?: string;
  /** The name that the decorator gives, if any. */
  named?: string;
  /** Whether the decorator says itself that it is about another resource than the controller. */
  isResourceNamed?: boolean;
}

/** What identifies the path parameters that hold ids of records in a collection. */
export interface MemberNames {
  /** The collection. */
  attribute: string;
  /** The resource of what is in it, if a relation says so. */
  resource?: string;
  /** The name that the decorator gives, if any. */
  named?: string;
  /** Whether a function says which record owns the collection. */
  isOwnerElsewhere: boolean;
  /** Whether the response cannot be the record in the collection, so the path has to say which one it is. */
  isInPath: boolean;
}

/**
 * Returns the path parameter that holds the id of the record that a route is about; by convention, if that leaves no
 * doubt.
 */
export function recordParameterOf(path: PathParameters, names: IdNames): string | undefined {
  const { own, all } = path;
  if (names.named !== undefined) return find(all, names.named);
  const clear = (list: readonly string[]): string[] =>
    conventionalParameters(list, names).filter((name) => !mayBeOfMember(path, name, names));
  const conventional = [clear(own), keyParameters(own, names), clear(all), keyParameters(all, names)];
  const found = conventional.find(({ length }) => length > 0);
  if (found) return onlyOf(found);
  return conventionalParameters(all, names).length > 0 ? undefined : onlyOf(own);
}

/**
 * Tells whether a parameter may as well be that of a record within the one that the route is about: in
 * `:slug/comments/:id`, the id of a comment, and not of the article.
 */
export function mayBeOfMember({ own, all, segments }: PathParameters, name: string, names: IdNames): boolean {
  const segment = segments.get(name);
  if (name !== names.idField || segment === undefined || segment === name) return false;
  if (isNameOf(names.resource, segment)) return false;
  const earlier = all.slice(0, all.indexOf(name)).filter((one) => !isOfAnother(one, names));
  // The path of a controller usually ends with the collection that it is about, whatever that is called.
  const isOfController = (one: string): boolean => own.includes(one) && !names.isResourceNamed;
  return earlier.some((one) => isOfController(one) || isNameOf(names.resource, segments.get(one)));
}

/** Tells whether it takes an option to say which parameter is the record's. */
export function isUnclear(path: PathParameters, names: IdNames): boolean {
  const conventional = conventionalParameters(path.own.length > 0 ? path.own : path.all, names);
  const isKnown = names.named !== undefined || recordParameterOf(path, names) !== undefined;
  return !isKnown && conventional.some((name) => mayBeOfMember(path, name, names));
}

/**
 * Finds a path on which the parameters that were found mean something else than on another path of the same route:
 * a request shows only which parameters it has.
 */
export function findContradiction(
  paths: readonly PathParameters[],
  found: ReadonlyArray<string | undefined>,
): PathParameters | undefined {
  return paths.find(
    ({ all }, index) => found.find((name) => name !== undefined && all.includes(name)) !== found[index],
  );
}

/**
 * Returns the path parameters of the owner of a collection, and of the record in it: `:id/pets/:petId`,
 * `:userId/pets/:id`, `:slug/comments/:id`. The owner is absent where the path leaves doubt.
 */
export function collectionParametersOf(
  path: PathParameters,
  owner: IdNames,
  member: MemberNames,
): { owner?: string; member?: string } {
  const found = memberParameterOf(path, owner, member);
  return { owner: ownerParameterOf(path, owner, found), member: found };
}

function ownerParameterOf({ own, all }: PathParameters, names: IdNames, member?: string): string | undefined {
  if (names.named !== undefined) return find(all, names.named);
  const isOther = (name: string): boolean => name !== member;
  const conventional = recordParameters(all.filter(isOther), names);
  if (conventional.length > 0) return onlyOf(conventional);
  const candidates = member !== undefined && own.includes(member) ? own.filter(isOther) : [];
  return onlyOf(candidates.length > 0 ? candidates : all.filter(isOther));
}

function memberParameterOf(path: PathParameters, owner: IdNames, member: MemberNames): string | undefined {
  const { all, segments } = path;
  if (member.named !== undefined) return find(all, member.named);
  const others = all.filter((name) => name !== owner.named);
  const ofMember = idNamesOf(member.resource === owner.resource ? undefined : member.resource);
  const named = others.filter((name) => ofMember.includes(name));
  if (named.length > 0) return onlyOf(named);
  const within = others.filter((name) => isSameName(segments.get(name), member.attribute));
  if (within.length > 0) return within[0];
  // The path ends with the collection: it names no record in it.
  if (path.fixed.some((segment) => isSameName(segment, member.attribute))) return undefined;
  if (owner.named !== undefined) return all.slice(all.indexOf(owner.named) + 1).at(-1);
  return memberByOrder(path, owner, member);
}

/** Returns the parameter of the record in a collection that the path does not name. */
function memberByOrder(
  { own, all }: PathParameters,
  owner: IdNames,
  { isOwnerElsewhere, isInPath }: MemberNames,
): string | undefined {
  const last = all.at(-1);
  const conventional = recordParameters(all, owner);
  if (isOwnerElsewhere) return all.filter((name) => !conventional.includes(name)).at(-1);
  if (conventional.length === 0) return own.length === 2 || (isInPath && all.length === 2) ? last : undefined;
  if (conventional.length > 1 || conventional[0] !== last) return last;
  const others = all.filter((name) => name !== last);
  const isOwners = idNamesOf(owner.resource).includes(last ?? '');
  if (isOwners) return isInPath ? onlyOf(others) : undefined;
  // What is named like the id of something else is not the owner, so the last one is, and the response the record.
  return others.length > 0 && (isInPath || others.some((name) => !isOfAnother(name, owner))) ? last : undefined;
}

/** Says, for an error, that it takes an option to tell the parameters of a path apart. */
export function unclearPath(
  { path, all }: PathParameters,
  resource: string,
  { hasMember, problem }: { hasMember: boolean; problem?: string },
): string {
  const what = problem ?? `does not say beyond doubt which parameter is the id of "${resource}"`;
  const [first, last] = [all[0], all.at(-1)];
  const options = hasMember
    ? `{ id: '${first}', child: '${last}' }`
    : `{ id: '${first}' }, or { resource: '…' } if it is about another resource`;
  return `the path ${path} ${what}. Say it: ${options}. Or give a function: { id: (record, { params }) => … }.`;
}

/** Says, for an error, which options tell the parameters apart, if a path has several. */
export function severalParameters(paths: readonly PathParameters[], hasMember: boolean): string {
  const path = paths.find(({ all }) => all.length > 1);
  if (!path) return '';
  const { all } = path;
  const options = hasMember ? `{ id: '${all.at(-2)}', child: '${all.at(-1)}' }` : `{ id: '${all.at(-1)}' }`;
  return ` The path ${path.path} has several parameters, so say which is which: ${options}.`;
}

/** Returns the parameters that are named like an id of the resource, in the order of the path. */
export function conventionalParameters(parameters: readonly string[], { resource, idField }: IdNames): string[] {
  return parameters.filter((name) => idParameterNames({ name: resource, idField }).includes(name));
}

function keyParameters(parameters: readonly string[], { resource, keyField }: IdNames): string[] {
  return parameters.filter((name) => keyParameterNames({ name: resource, keyField }).includes(name));
}

/** Returns those that are named like an id or a key of the resource, in the order of the path. */
function recordParameters(parameters: readonly string[], names: IdNames): string[] {
  const known = [...conventionalParameters(parameters, names), ...keyParameters(parameters, names)];
  return parameters.filter((name) => known.includes(name));
}

function idNamesOf(resource: string | undefined): string[] {
  return resource === undefined ? [] : [`${resource}Id`, `${resource}_id`];
}

/** Tells whether a parameter is named like the id of another resource. */
function isOfAnother(name: string, names: IdNames): boolean {
  return /(?:Id|_id)$/.test(name) && !recordParameters([name], names).includes(name);
}

/** Tells whether a segment of a path is the name of a resource, in the singular or the plural. */
function isNameOf(resource: string, segment: string | undefined): boolean {
  if (segment === undefined) return false;
  const [name, given] = [simple(resource), simple(segment)];
  const plurals = [name, `${name}s`, `${name}es`, name.replace(/y$/, 'ies')];
  return plurals.some((one) => given === one || given.endsWith(one));
}

function isSameName(segment: string | undefined, attribute: string): boolean {
  return segment !== undefined && simple(segment) === simple(attribute);
}

/** Names are `favoriteArticles` in code and `favorite-articles` in URLs. */
function simple(name: string): string {
  return name.replaceAll(/[-_.]/g, '').toLowerCase();
}

function find(parameters: readonly string[], name: string): string | undefined {
  return parameters.includes(name) ? name : undefined;
}

function onlyOf(parameters: readonly string[]): string | undefined {
  return parameters.length === 1 ? parameters[0] : undefined;
}
