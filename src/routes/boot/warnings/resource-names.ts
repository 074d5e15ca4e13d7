import { nearestName } from '../../../protocol/nearest-name.js';
import type { Resource } from '../../../resources/definition/resource.js';
import type { Resources } from '../../../resources/resources.js';
import type { RoutePublication } from '../../publish/route-publication.js';
import type { RoomChange } from '../../subscribe/room-change.js';

interface ActingRoute {
  publications: readonly RoutePublication[];
  roomChanges: readonly RoomChange[];
}

/** What an application does with one resource. */
interface Uses {
  /** The decorators that publish it, with their routes. */
  publishers: string[];
  /** The decorators that subscribe to it, with their routes. */
  subscribers: string[];
  /** Whether its messages also go elsewhere: to additional rooms, or to listeners on the server. */
  isHeardOtherwise: boolean;
  /** Whether a class injects its channel, by which code may publish it and subscribe to it. */
  isInjected: boolean;
  /** Whether code may open the channel of any resource. */
  isOpenToCode: boolean;
}

/**
 * Warns of resources whose names are probably mistaken: they are used on one side only, by those who publish, by those
 * who subscribe, or by code, and are declared nowhere.
 */
export function resourceNameWarnings(explored: readonly ActingRoute[], resources: Resources): string[] {
  const all = resources.registry.all();
  const declared = all.filter((resource) => resource.isDeclared);
  // The other side of a relation is told of changes, too.
  const unrelated = all.filter((resource) => resources.relations.associationsOf(resource).length === 0);
  const decorators = decoratorsIn(explored);
  return unrelated.flatMap((resource) => {
    const problem = findProblem(resource, usesOf(resource, decorators, resources), declared.length > 0);
    if (problem === undefined) return [];
    const others = all.filter((one) => one !== resource).map(({ name }) => name);
    const near = nearestName(resource.name, others);
    // Code may subscribe in ways that nothing shows at boot.
    if (problem.isCertain || near !== undefined) return [problem.text + hint(others, near)];
    return [];
  });
}

function findProblem(
  { name, isDeclared }: Resource,
  { publishers, subscribers, isHeardOtherwise, isInjected, isOpenToCode }: Uses,
  othersAreDeclared: boolean,
): { text: string; isCertain: boolean } | undefined {
  const [publisher, subscriber] = [publishers[0], subscribers[0]];
  if (publisher !== undefined && subscriber !== undefined) return undefined;
  if (publisher !== undefined && !isInjected && !isHeardOtherwise) {
    // The controller of a declared resource is known by its name.
    const by = isDeclared ? 'which its routes publish' : `which ${publisher} publishes`;
    const text =
      `Nobody can hear of "${name}", ${by}: no route subscribes to it by ` +
      `@SubscribeOnRead(), no gateway lets clients watch it by @SubscribesTo('${name}', { watch: true }), and no ` +
      `provider injects its channel.`;
    return { text, isCertain: !isOpenToCode };
  }
  if (isDeclared) return undefined;
  if (subscriber !== undefined && !isInjected) {
    const text =
      `Nothing publishes "${name}", to which ${subscriber} subscribes: no route does, and no provider injects its ` +
      `channel.`;
    return { text, isCertain: !isOpenToCode };
  }
  if (publisher !== undefined || subscriber !== undefined || !isInjected) return undefined;
  const text =
    `Only code knows the resource "${name}", by @InjectResource('${name}'): no controller is about it. If that is ` +
    `meant, say so: SocketsModule.forRoot({ resources: { ${JSON.stringify(name)}: {} } }).`;
  return { text, isCertain: othersAreDeclared };
}

function hint(others: readonly string[], near: string | undefined): string {
  const meant = near === undefined ? '' : ` Did you mean "${near}"?`;
  const known = others.length > 0 ? ` There are ${others.map((name) => `"${name}"`).join(', ')}.` : '';
  return meant + known;
}

/** The decorators of all routes, by the names of resources. */
interface Decorators {
  publishing: ReadonlyMap<string, readonly RoutePublication[]>;
  subscribing: ReadonlyMap<string, readonly RoomChange[]>;
}

function decoratorsIn(explored: readonly ActingRoute[]): Decorators {
  const publishing = new Map<string, RoutePublication[]>();
  const subscribing = new Map<string, RoomChange[]>();
  const add = <T>(lists: Map<string, T[]>, name: string, one: T): void => {
    const list = lists.get(name);
    if (list) list.push(one);
    else lists.set(name, [one]);
  };
  for (const { publications, roomChanges } of explored) {
    for (const publication of publications) add(publishing, publication.resource.name, publication);
    for (const change of roomChanges)
      for (const name of new Set(change.subscribedResources)) add(subscribing, name, change);
  }
  return { publishing, subscribing };
}

function usesOf(resource: Resource, decorators: Decorators, resources: Resources): Uses {
  const { name } = resource;
  const publications = decorators.publishing.get(name) ?? [];
  const subscribing = decorators.subscribing.get(name) ?? [];
  const watching = resources.namespaces.watching.filter((claim) => claim.resource === resource);
  return {
    publishers: publications.map((one) => one.name),
    subscribers: [...subscribing, ...watching].map((one) => one.name),
    isHeardOtherwise:
      resources.hasListeners(name) || publications.some(({ metadata }) => metadata.options.to !== undefined),
    isInjected: resources.injected.names.has(name) || resources.channels.opened.has(name),
    isOpenToCode: resources.injected.opensChannels,
  };
}
