import type { RoomChange } from '../../subscribe/room-change.js';
import type { RoutePublication } from '../../publish/route-publication.js';
import type { Route } from '../route.js';

/** Metadata of what else may call a method than a route, and the decorator that stores it. */
const OTHER_CALLERS: ReadonlyArray<readonly [key: string, decorator: string]> = [
  ['microservices:pattern', '@MessagePattern(), @EventPattern() or @GrpcMethod()'],
  ['websockets:message_mapping', '@SubscribeMessage()'],
  ['graphql:resolver_type', '@Query() or @Mutation() of GraphQL'],
  ['EVENT_LISTENER_METADATA', '@OnEvent()'],
  ['SCHEDULER_TYPE', '@Cron(), @Interval() or @Timeout()'],
  ['RABBIT_HANDLER', '@RabbitSubscribe() or @RabbitRPC()'],
];

interface ActingRoute {
  route: Route;
  publications: readonly RoutePublication[];
  roomChanges: readonly RoomChange[];
}

/** Returns the decorators by which something else than a request over HTTP calls a method. */
export function otherCallersOf(method: object): string[] {
  return OTHER_CALLERS.filter(([key]) => Reflect.hasMetadata(key, method)).map(([, decorator]) => decorator);
}

/** Warns of routes whose method is also called by something else, which then neither publishes nor subscribes. */
export function otherCallerWarnings(explored: readonly ActingRoute[]): string[] {
  return explored.flatMap(({ route, publications, roomChanges }) => {
    const callers = otherCallersOf(route.handler);
    const does = [...publications, ...roomChanges].map(({ name }) => name);
    if (callers.length === 0 || does.length === 0) return [];
    const [first] = publications;
    const instead = first
      ? `To publish every time, take the decorator away and publish in the method, through ` +
        `@InjectResource('${first.resource.name}') and a ResourceChannel.`
      : 'Nobody is subscribed by such a call.';
    return [
      `${[...new Set(does)].join(', ')}: the method is also called by ${callers.join(', ')}, and the decorator ` +
        `counts for requests to the route only, over HTTP or over a socket. ${instead}`,
    ];
  });
}
