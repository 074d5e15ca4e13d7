import type { ResourceRegistry } from '../../resources/definition/resource-registry.js';
import { type Select, selectedFields } from '../../resources/definition/answers/select.js';
import type { Resource } from '../../resources/definition/resource.js';
import type { Slice } from '../../resources/slices/slice.js';
import { decoratorsFor } from '../../routes/boot/class-decorators.js';
import type { Route } from '../../routes/boot/route.js';
import { SliceValidator } from '../../routes/boot/slice-validator.js';
import {
  isRoomDecorator,
  isSubscribeDecorator,
  namedResource,
  type PublisherMetadata,
  type SubscriberMetadata,
} from '../../routes/decorators/decorator-metadata.js';
import { resourcefulOf } from '../../routes/decorators/resourceful.decorator.js';

/** What a route does with a resource, as one decorator says it. */
export interface SocketAction {
  /** Whether it publishes, or subscribes its caller, or ends the caller's subscriptions. */
  action: 'publish' | 'subscribe' | 'unsubscribe';
  /** The name of the resource, and of the event. */
  resource: string;
  /** The verbs of what is published, or of what the caller is subscribed to, if that is not all. */
  verbs?: readonly string[];
  /** Whether the caller also hears of records that it has not read; or of which verbs, if not of all. */
  watch?: true | readonly string[];
  /** The slices that a publication reaches, or that the caller watches: each a field, or several together. */
  slices?: ReadonlyArray<string | readonly string[]>;
  /** Where the answer holds the record or records: paths, of which the first that is there counts; or a function. */
  select?: readonly string[] | 'function';
}

/** Returns what a route does with resources, and declares those that only its decorators name. */
export function actionsOf(route: Route, registry: ResourceRegistry): SocketAction[] {
  const ofController = resourcefulOf(route.controller)?.name;
  return decoratorsFor(route).flatMap((metadata) => {
    if (isRoomDecorator(metadata)) return [];
    const name = namedResource(metadata) ?? ofController;
    // Such an application does not boot, and says why then.
    if (name === undefined) return [];
    const resource = registry.get(name);
    const action = isSubscribeDecorator(metadata)
      ? subscriptionOf(metadata, resource, route)
      : publicationOf(metadata, resource);
    return [withoutAbsent(action)];
  });
}

function publicationOf({ kind, verb, decorator, options }: PublisherMetadata, resource: Resource): SocketAction {
  if (verb !== undefined) resource.declareVerb(verb, decorator);
  return {
    action: 'publish',
    resource: resource.name,
    verbs: kind === 'custom' ? [verb ?? 'messaged'] : kind === 'replaced' ? ['addedTo', 'removedFrom'] : [kind],
    slices: resource.slices.any ? resource.slices.all.map(fieldsOf) : undefined,
    select: saidOf(options.select ?? resource.select),
  };
}

function subscriptionOf({ kind, options }: SubscriberMetadata, resource: Resource, route: Route): SocketAction {
  const { watch = false, verbs } = options;
  return {
    action: kind === 'subscribed' ? 'subscribe' : 'unsubscribe',
    resource: resource.name,
    verbs: verbs === undefined ? undefined : [verbs].flat(),
    watch: Array.isArray(watch) ? (watch as string[]) : watch === false ? undefined : true,
    slices: slicesOf(options, resource, route),
    select: saidOf(options.select ?? resource.select),
  };
}

/** Returns the slices that the route can be about, where it watches some. */
function slicesOf({ watch, slice }: SubscriberMetadata['options'], resource: Resource, route: Route) {
  const isOfAll = slice === false || (watch === 'all' && !slice);
  if (!watch || isOfAll || !resource.slices.any) return undefined;
  const found = new SliceValidator(resource, slice ?? {}, route).validate(watch === 'all');
  if ('problem' in found) return undefined;
  return resource.slices.all
    .filter(({ fields }) => fields.every((field) => found.fields.includes(field)))
    .map(fieldsOf);
}

function saidOf(select: Select | undefined): SocketAction['select'] {
  return typeof select === 'function' ? 'function' : selectedFields(select);
}

function fieldsOf({ fields }: Slice): string | readonly string[] {
  return fields.length === 1 ? fields[0] : fields;
}

function withoutAbsent(action: SocketAction): SocketAction {
  return Object.fromEntries(
    Object.entries(action).filter(([, value]) => value !== undefined),
  ) as unknown as SocketAction;
}
