import { RequestMethod } from '@nestjs/common';
import { BOOLEAN, type OptionRule, readDuration } from '../../common/option-rules.js';
import type { Resources } from '../../resources/resources.js';
import type { RelationGraph } from '../../resources/relations/relation-graph.js';
import type { Resource } from '../../resources/definition/resource.js';
import { SELECT } from '../../resources/definition/answers/select.js';
import type { SubscriberMetadata } from '../decorators/decorator-metadata.js';
import type { SubscribeOnReadOptions, UnsubscribeOptions } from '../decorators/subscribe.options.js';
import { type PathParameter, RecordFinder } from '../request/record-finder.js';
import type { RouteSlice } from '../request/route-slice.js';
import { RouteSubscription } from '../subscribe/route-subscription.js';
import { RouteUnsubscription } from '../subscribe/route-unsubscription.js';
import { DecoratorValidator, isPrimitive } from './decorator-validator.js';
import { isUnclear, recordParameterOf, unclearPath } from './paths/id-parameters.js';
import { SliceValidator } from './slice-validator.js';

const NAME_OR_FUNCTION: OptionRule = [
  "a field's or path parameter's name, or a function",
  (value) => typeof value === 'function' || (typeof value === 'string' && value !== ''),
];

const COMMON_RULES = {
  resource: ["a resource's name", (value) => typeof value === 'string'],
  id: NAME_OR_FUNCTION,
  select: SELECT,
  slice: ["false, or where the fields of a slice are, such as { boardId: 'id' }", isSlice],
} satisfies Record<string, OptionRule>;

const SUBSCRIBE_RULES: Record<keyof SubscribeOnReadOptions, OptionRule> = {
  ...COMMON_RULES,
  watch: ["true, false, 'all' or an array of verbs", (value) => value === 'all' || isBooleanOrArray(value)],
  verbs: ['a verb or an array of verbs', (value) => typeof value === 'string' || Array.isArray(value)],
  relations: ['true, false or an array of attributes', isBooleanOrArray],
  recheck: [
    "true, or a time such as '30s', '5m' or '1h', or a whole number of milliseconds",
    (value) => value === true || readDuration(value) !== undefined,
  ],
  shareable: BOOLEAN,
  when: ['a function that returns true or false', (value) => typeof value === 'function'],
};

const UNSUBSCRIBE_RULES: Record<keyof UnsubscribeOptions, OptionRule> = { ...COMMON_RULES, watch: BOOLEAN };

/** Returns what is wrong with the options of a decorator, if anything. */
function findOptionProblem({ kind, options }: SubscriberMetadata): string | undefined {
  const rules: Readonly<Record<string, OptionRule>> = kind === 'subscribed' ? SUBSCRIBE_RULES : UNSUBSCRIBE_RULES;
  for (const [option, value] of Object.entries(options)) {
    if (!Object.hasOwn(rules, option))
      return `there is no option "${option}". There are ${Object.keys(rules).join(', ')}.`;
    const [expected, holds] = rules[option];
    if (value !== undefined && !holds(value)) return `the option "${option}" must be ${expected}.`;
  }
  return undefined;
}

function isSlice(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value === false;
  return Object.values(value).every((source) => typeof source === 'function' || typeof source === 'string');
}

function isBooleanOrArray(value: unknown): boolean {
  return typeof value === 'boolean' || Array.isArray(value);
}

/** Reads one decorator that subscribes or unsubscribes, on one route, and refuses it if it cannot work. */
export class SubscribeValidator extends DecoratorValidator<SubscriberMetadata> {
  /**
   * @param declared the resource that the controller is about
   * @param canReadAgain whether routes can be requested on behalf of a socket
   * @throws InvalidSubscriberError
   */
  validate(
    declared: Resource | undefined,
    resources: Pick<Resources, 'relations' | 'users'>,
    canReadAgain: boolean,
  ): RouteSubscription | RouteUnsubscription {
    const { metadata, name } = this;
    const problem = findOptionProblem(metadata);
    if (problem !== undefined) this.refuse(problem);
    this.assertIsRoute();
    if (this.route.answersWithPage)
      this.refuse(
        'the caller receives a page or a redirect, which is not a record. Put the decorator on a route that answers ' +
          'with data.',
      );
    this.assertRecheck(canReadAgain);
    this.assertShareable();
    const resource = this.readResource(declared);
    const ids = this.readIds(resource, this.isForeign(resource, declared));
    this.learnIdType(resource, ids);
    const finder = new RecordFinder(resource, metadata.options, {
      ids,
      numbers: [],
      taken: this.argumentsOf(ids),
    });
    const slice = this.readSlice(resource);
    return this.subscribes
      ? new RouteSubscription(resource, metadata.options, name, finder, resources, slice)
      : new RouteUnsubscription(resource, metadata.options as UnsubscribeOptions, name, finder, slice);
  }

  private assertShareable(): void {
    if (!this.metadata.options.shareable || this.route.requestMethod === RequestMethod.GET) return;
    this.refuse(
      'the option "shareable" gives several callers one answer, which only a GET route is for. Leave it out.',
    );
  }

  private assertRecheck(canReadAgain: boolean): void {
    if (this.metadata.options.recheck === undefined) return;
    if (this.route.requestMethod !== RequestMethod.GET) {
      this.refuse('the option "recheck" does the read again, which only a GET route is for. Leave it out.');
    }
    if (canReadAgain) return;
    this.refuse(
      'the option "recheck" does the read again as a request over the socket, and SocketsModule.forRoot({ ' +
        'requests: false }) is for none. Leave one of them out.',
    );
  }

  /** Returns the slice that the route is about, if it watches one. */
  private readSlice(resource: Resource): RouteSlice | undefined {
    const { watch = false, slice } = this.metadata.options;
    const watches = watch !== false;
    if (slice && !(watches && resource.slices.any)) {
      this.refuse(
        watches
          ? `the option "slice" says where its fields are, and "${resource.name}" has none. Declare it: ` +
              `@Resourceful('${resource.name}', { slices: ['field'] }).`
          : 'the option "slice" is for what is watched. Say { watch: true } too, or leave it out.',
      );
    }
    if (!watches || !resource.slices.any || slice === false || (watch === 'all' && !slice)) return undefined;
    const found = new SliceValidator(resource, slice ?? {}, this.route).validate(watch === 'all');
    return 'problem' in found ? this.refuse(found.problem) : found;
  }

  /**
   * Checks what can be known only once everything about the resource has been declared.
   *
   * @throws InvalidSubscriberError, UnknownVerbError, VerbsRequiredError
   */
  assertComplete(resource: Resource, relations: RelationGraph): void {
    if (!this.subscribes) return;
    const { verbs, watch = false } = this.metadata.options;
    resource.subscribedVerbs(`${this.name}, option "verbs"`, verbs);
    if (watch !== false)
      resource.subscribedVerbs(`${this.name}, option "watch"`, typeof watch === 'object' ? watch : undefined);
    this.assertRelations(resource, relations);
  }

  private readIds({ name, idField, keys }: Resource, isResourceNamed: boolean): PathParameter[] {
    const { id } = this.metadata.options;
    if (this.subscribes && isPrimitive(this.route.returnType))
      this.refuse(
        `the response is a ${this.route.returnType.name.toLowerCase()}, which is not a record. Answer the record.`,
      );
    // The record that was read says which one it is. The path says what a client wanted to read.
    if (typeof id === 'function' || (this.subscribes && id === undefined)) return [];
    const names = { resource: name, idField, keyField: keys.field, named: id, isResourceNamed };
    const unclear = this.route.pathParameters.find((path) => isUnclear(path, names));
    if (unclear && this.metadata.options.select === undefined)
      this.refuse(unclearPath(unclear, name, { hasMember: false }));
    return this.route.pathParameters.map((path) => recordParameterOf(path, names));
  }

  private assertRelations(resource: Resource, graph: RelationGraph): void {
    const { relations: wanted = false } = this.metadata.options;
    if (wanted === false) return;
    const known = graph.associationsOf(resource);
    const attributes: readonly unknown[] = wanted === true ? [] : wanted;
    const unknown = attributes.find((attribute) => known.every((association) => association.attribute !== attribute));
    const among = known.length > 0 ? `Its relations are ${known.map(({ attribute }) => attribute).join(', ')}. ` : '';
    const declare = `Declare it with @Resourceful('${resource.name}', { relations: { … } }).`;
    if (wanted === true && known.length === 0)
      this.refuse(`the option "relations" asks for those of "${resource.name}", which has none. ${declare}`);
    if (unknown !== undefined)
      this.refuse(
        `the option "relations" names ${JSON.stringify(unknown)}, which is not a relation of "${resource.name}". ` +
          `${among}${declare}`,
      );
    for (const { attribute, other } of known) {
      if (!attributes.includes(attribute) || other.autosubscribes) continue;
      this.refuse(
        `the option "relations" names "${attribute}", whose records are of "${other.name}", and that is declared ` +
          `with autosubscribe: false. ` +
          `Declare there which verbs are meant, or leave the relation out.`,
      );
    }
  }

  private get subscribes(): boolean {
    return this.metadata.kind === 'subscribed';
  }
}
