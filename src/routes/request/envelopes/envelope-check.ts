import { isObject } from '../../../common/type-guards.js';
import { selectedFields } from '../../../resources/definition/answers/select.js';
import type { Resource } from '../../../resources/definition/resource.js';
import type { RelationGraph } from '../../../resources/relations/relation-graph.js';
import { PathKey } from '../path-key.js';
import type { RecordFinder } from '../record-finder.js';
import type { RouteResult } from '../route-result.js';
import type { Selection } from '../selection.js';
import { Skipped } from '../skipped.js';
import { type AnswerEvidence, findEnvelope, guessEnvelope } from './enveloped-records.js';

/** Refuses what one decorator would take for a record, and is an envelope around it. */
export class EnvelopeCheck {
  constructor(
    private readonly resource: Resource,
    private readonly finder: RecordFinder,
    private readonly relations: RelationGraph,
  ) {}

  /**
   * Looks at what is said to be a record. One that has an id of its own is believed, and so is a function of the
   * decorator: it may well mean a message that contains the record, among others.
   *
   * @param place how it was selected; `isOnlyOne`: whether the route may say which record it is, since the response
   *   holds no other
   * @throws Skipped if it is an envelope
   */
  assertRecord(record: object, result: RouteResult, place: Omit<Selection, 'value'> & { isOnlyOne: boolean }): void {
    const { by, path, isComputed = false, isOnlyOne } = place;
    if (this.finder.hasOwnId(record) || (isComputed && by === 'decorator')) return;
    const named = isOnlyOne ? this.finder.routeId(result) : undefined;
    const isGuess = named === undefined && !this.finder.hasIdElsewhere;
    const found = this.find(record as Record<string, unknown>, result, named, isGuess);
    if (found !== undefined) throw envelopeAt(pathTo(found, path), this.resource);
  }

  /**
   * Looks at what is said to be a record of another resource, which joins a collection.
   *
   * @throws Skipped if it is an envelope
   */
  assertMember(member: unknown, other: Resource, { context: { returned }, response }: RouteResult): void {
    // Something may have been selected that is nothing.
    const answer = member ?? response;
    if (!isObject(answer) || other.findIdOf(answer) !== undefined) return;
    const found = guessEnvelope(answer, { resource: other, attributes: this.attributesOf(other), returned });
    if (found !== undefined) throw envelopeAt(found, other);
  }

  /**
   * Looks at a response that has none of the fields that are to hold the record.
   *
   * @param isNeeded whether nothing can be done without the record
   * @throws Skipped if another field holds it, or if it is needed
   */
  assertSelected(fields: readonly string[], result: RouteResult, isNeeded: boolean): void {
    const { response } = result;
    if (!isObject(response)) return;
    const found = this.find(response, result, this.finder.routeId(result), isNeeded);
    if (found !== undefined) throw envelopeAt(found, this.resource);
    if (!isNeeded || fields.length === 0) return;
    const wanted = fields.map((field) => `"${field}"`).join(' or ');
    throw new Skipped(`the response has no field ${wanted}, which the option "select" names`);
  }

  /** Returns why nothing was read, if something was selected, and no record is in it. */
  whyNoRecord(selected: unknown, path: string | undefined): Skipped | undefined {
    const list: readonly unknown[] = Array.isArray(selected) ? selected : [selected];
    if (!list.some((one) => one !== undefined && one !== null)) return undefined;
    // As libraries return a page: the records, and how many there are.
    const position = list.findIndex((one) => Array.isArray(one));
    if (position >= 0) return envelopeAt(pathTo(String(position), path), this.resource);
    const where = path === undefined ? 'the response' : `the field "${path}" of the response`;
    return new Skipped(`${where} is no record, and no list of records; say where they are with the option "select"`);
  }

  private find(
    answer: Record<string, unknown>,
    { context: { returned } }: RouteResult,
    named: unknown,
    isGuess: boolean,
  ): string | undefined {
    const { resource } = this;
    const evidence: AnswerEvidence = {
      resource,
      attributes: this.attributesOf(resource),
      named: named instanceof PathKey ? named.key : named,
      returned,
    };
    return isGuess ? guessEnvelope(answer, evidence) : findEnvelope(answer, evidence);
  }

  private attributesOf(resource: Resource): string[] {
    return this.relations.associationsOf(resource).map(({ attribute }) => attribute);
  }
}

/** Returns the lines that say where a resource has its records, one for all routes and one for this. */
export function linesFor({ name, select, answers }: Resource, path: string): string {
  const own = `{ select: '${path}' }`;
  if (typeof select === 'function') return `say so for this route: ${own}`;
  const known = select === undefined ? answers.places : selectedFields(select);
  const all = [...new Set([path, ...(known ?? [])])].map((one) => `'${one}'`);
  const list = all.length > 1 ? `[${all.join(', ')}]` : all.join('');
  return `say so for all routes of the resource, @Resourceful('${name}', { select: ${list} }), or for this one, ${own}`;
}

function pathTo(field: string, outer: string | undefined): string {
  return outer === undefined ? field : `${outer}.${field}`;
}

function envelopeAt(path: string, resource: Resource): Skipped {
  const { name } = resource;
  const lines = linesFor(resource, path);
  return new Skipped(`the response is no "${name}", but seems to hold it in its field "${path}"; ${lines}`);
}
