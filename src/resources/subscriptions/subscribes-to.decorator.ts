import { BOOLEAN, type OptionRule } from '../../common/option-rules.js';
import { isRecord } from '../../common/type-guards.js';
import { InvalidGatewayError } from '../resources.errors.js';

const SUBSCRIBES_TO = 'nestjs-sockets:subscribes-to';

/** Options of `@SubscribesTo`. */
export interface SubscribesToOptions {
  /**
   * Publishes the resources in the namespaces of the gateways that name them, and not in the default namespace.
   *
   * @default false
   */
  only?: boolean;
  /**
   * Lets whoever connects to the namespace watch the resources from then on: past `authenticate`, past the guards of
   * the gateway's class, and past the policy of the resource (`authorize`), if there are any. A socket that one of
   * these refuses stays connected, and is told `revoked`. An array limits that to these verbs. A resource with `slices`
   * takes `'all'` only, which says that whoever connects may know the records of all slices.
   *
   * @default false
   */
  watch?: boolean | 'all' | readonly string[];
}

/** What one `@SubscribesTo` says. */
export interface ResourceClaim extends SubscribesToOptions {
  resources: readonly string[];
}

const RULES: Record<keyof SubscribesToOptions, OptionRule> = {
  only: BOOLEAN,
  watch: [
    "true, false, 'all' or an array of verbs",
    (value) => typeof value === 'boolean' || value === 'all' || Array.isArray(value),
  ],
};

/**
 * Publishes these resources to the sockets of this gateway's namespace too. They are published in the default namespace
 * as well, unless a gateway says `only`. Decorate a gateway several times to say different things of several resources.
 *
 * @throws InvalidGatewayError for options that it does not have
 * @example
 * ```ts
 * import { WebSocketGateway } from '@nestjs/websockets';
 * import { SubscribesTo } from 'nestjs-sockets';
 *
 * @WebSocketGateway({ namespace: 'admin' })
 * @SubscribesTo('user', 'pet') // for those who read them through a route
 * @SubscribesTo('invoice', { only: true, watch: true }) // for whoever connects, and for nobody elsewhere
 * export class AdminGateway {}
 * ```
 */
export function SubscribesTo(...resources: [string, ...string[]]): ClassDecorator;
export function SubscribesTo(...resourcesAndOptions: [string, ...string[], SubscribesToOptions]): ClassDecorator;
export function SubscribesTo(...given: ReadonlyArray<string | SubscribesToOptions>): ClassDecorator {
  const last = given.at(-1);
  const options = typeof last === 'string' ? {} : last;
  const resources = given.filter((one) => one !== options) as string[];
  return (gateway) => {
    assertOptions(options, `@SubscribesTo on ${gateway.name}`);
    const claims = (Reflect.getOwnMetadata(SUBSCRIBES_TO, gateway) ?? []) as ResourceClaim[];
    Reflect.defineMetadata(SUBSCRIBES_TO, [{ ...options, resources }, ...claims], gateway);
  };
}

/** Returns what a gateway says about resources in its namespace. */
export function claimsOf(gateway: object): readonly ResourceClaim[] {
  return (Reflect.getMetadata(SUBSCRIBES_TO, gateway) as ResourceClaim[] | undefined) ?? [];
}

function assertOptions(options: unknown, where: string): void {
  const names = Object.keys(RULES).join(', ');
  if (!isRecord(options)) throw new InvalidGatewayError(`${where}: its options must be an object of ${names}.`);
  for (const [option, value] of Object.entries(options)) {
    if (!Object.hasOwn(RULES, option)) {
      throw new InvalidGatewayError(`${where}: there is no option "${option}". There are ${names}.`);
    }
    const [expected, holds] = RULES[option as keyof SubscribesToOptions];
    if (value !== undefined && !holds(value)) {
      throw new InvalidGatewayError(`${where}: the option "${option}" must be ${expected}.`);
    }
  }
}
