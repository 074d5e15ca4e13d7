const SUBSCRIBES_TO = 'nestjs-sockets:subscribes-to';

/**
 * Publishes these resources to the sockets of this gateway's namespace. A resource that no gateway claims is published
 * in the default namespace; one that is claimed, only in the namespaces of the gateways that claim it.
 *
 * @example
 * ```ts
 * import { WebSocketGateway } from '@nestjs/websockets';
 * import { SubscribesTo } from 'nestjs-sockets';
 *
 * @WebSocketGateway({ namespace: 'admin' })
 * @SubscribesTo('user', 'invoice')
 * export class AdminGateway {}
 * ```
 */
export function SubscribesTo(...resources: [string, ...string[]]): ClassDecorator {
  return (gateway) => Reflect.defineMetadata(SUBSCRIBES_TO, resources, gateway);
}

/** Returns the resources that a gateway claims for its namespace. */
export function claimedResources(gateway: object): readonly string[] {
  return (Reflect.getMetadata(SUBSCRIBES_TO, gateway) as string[] | undefined) ?? [];
}
