import { Injectable, Logger, SetMetadata, type CustomDecorator } from '@nestjs/common';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { InvalidListenerError } from './errors/invalid-listener.error.js';
import { UnknownVerbError } from './errors/unknown-verb.error.js';
import { ResourceRegistry } from './resource-registry.js';

type Method = (...args: unknown[]) => unknown;

/** What a method listens to; no verb stands for all of them. */
interface Subject {
  resource: string;
  verb?: string;
}

interface Listener extends Subject {
  call: Method;
  name: string;
}

/** Anything that is published: `ResourceMessage` and what `publish` sends as it is. */
export type Published = unknown;

const ON_PUBLICATION = 'nestjs-sockets:on-publication';
const BEFORE_PUBLICATION = 'nestjs-sockets:before-publication';

/**
 * Calls this method, on the server that publishes, with the message of each publication of a resource, or of one verb of it. For providers and
 * gateways. What it throws is logged; nobody waits for it.
 *
 * @example
 * ```ts
 * import { Injectable } from '@nestjs/common';
 * import { OnPublication, type CreatedMessage } from 'nestjs-sockets';
 *
 * @Injectable()
 * export class WelcomeService {
 *   @OnPublication('user', 'created')
 *   async welcome({ data }: CreatedMessage<{ name: string }>) {
 *     console.log(`write a letter to ${data.name}`);
 *   }
 * }
 * ```
 */
export function OnPublication(resource: string, verb?: string): CustomDecorator {
  return SetMetadata(ON_PUBLICATION, { resource, verb } satisfies Subject);
}

/**
 * Calls this method before each publication of a resource, or of one verb of it. What it returns is published instead; nothing returned leaves the
 * message as it is, and `null` stops it. It must answer at once: a promise is refused, for publications keep their order.
 *
 * @example
 * ```ts
 * import { Injectable } from '@nestjs/common';
 * import { BeforePublication, type UpdatedMessage } from 'nestjs-sockets';
 *
 * @Injectable()
 * export class QuietDrafts {
 *   @BeforePublication('article', 'updated')
 *   keepDrafts(message: UpdatedMessage<{ draft: boolean }>) {
 *     return message.data.draft ? null : { ...message, previous: undefined };
 *   }
 * }
 * ```
 */
export function BeforePublication(resource: string, verb?: string): CustomDecorator {
  return SetMetadata(BEFORE_PUBLICATION, { resource, verb } satisfies Subject);
}

/** The application's methods that hear of publications on the server. */
@Injectable()
export class PublicationListeners {
  private readonly logger = new Logger('ResourcefulPubSub');
  private before: Listener[] = [];
  private after: Listener[] = [];

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly registry: ResourceRegistry,
  ) {}

  /** @throws UnknownResourceError, UnknownVerbError, InvalidListenerError when a method cannot hear what it wants to */
  explore(): void {
    this.before = this.find(BEFORE_PUBLICATION, '@BeforePublication');
    this.after = this.find(ON_PUBLICATION, '@OnPublication');
    for (const { resource, verb, name } of [...this.before, ...this.after]) {
      const { verbs } = this.registry.getKnown(resource, name);
      if (verb !== undefined && !verbs.includes(verb)) throw new UnknownVerbError(name, resource, verb, verbs);
    }
  }

  /** The message that is to be sent instead, or `null` for none. */
  rewrite(resource: string, verb: string | undefined, message: Published): Published {
    return matching(this.before, resource, verb).reduce<Published>((current, { call, name }) => {
      if (current === null) return null;
      const changed = call(current);
      if (changed instanceof Promise)
        throw new InvalidListenerError(`${name} returned a promise; it must answer at once.`);
      return changed === undefined ? current : changed;
    }, message);
  }

  /** Tells everybody who listens; what they do with it is their own affair. */
  announce(resource: string, verb: string | undefined, message: Published): void {
    for (const { call, name } of matching(this.after, resource, verb)) {
      new Promise((resolve) => resolve(call(message))).catch((error: unknown) =>
        this.logger.error(`${name} failed.`, error),
      );
    }
  }

  private find(key: string, decorator: string): Listener[] {
    const wrappers = [...this.discovery.getProviders(), ...this.discovery.getControllers()];
    return wrappers.flatMap((wrapper) => {
      const { metatype } = wrapper;
      const prototype: object | undefined = typeof metatype === 'function' ? metatype.prototype : undefined;
      if (!prototype || wrapper.inject) return [];
      return this.scanner.getAllMethodNames(prototype).flatMap((method) => {
        const subject = Reflect.getMetadata(key, (prototype as Record<string, Method>)[method] as object) as
          Subject | undefined;
        if (!subject) return [];
        const name = `${decorator}('${subject.resource}') on ${metatype?.name}.${method}()`;
        if (!wrapper.isDependencyTreeStatic()) {
          throw new InvalidListenerError(
            `${name}: the class is request-scoped, and a publication belongs to no request. Move the method to a singleton provider.`,
          );
        }
        const instance = wrapper.instance as Record<string, Method>;
        return [{ ...subject, name, call: (message: unknown) => instance[method]?.(message) }];
      });
    });
  }
}

function matching(listeners: Listener[], resource: string, verb: string | undefined): Listener[] {
  return listeners.filter((listener) => {
    const hears = listener.verb === undefined || listener.verb === verb;
    return listener.resource === resource && hears;
  });
}
