import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { BEFORE_PUBLICATION } from '../decorators/before-publication.decorator.js';
import { subjectsOf, type Subject } from '../decorators/listener-metadata.js';
import { ON_PUBLICATION } from '../decorators/on-publication.decorator.js';
import { STOPPED, type Publication } from '../publication.js';
import { Json } from '../../../common/json.js';
import { LineLogger, logFailure } from '../../../common/log.js';
import { InvalidListenerError, UnknownVerbError } from '../../resources.errors.js';
import { ResourceRegistry } from '../../definition/resource-registry.js';
import { isEnvelope } from '../../journal/sent-publication.js';

type Method = (...args: unknown[]) => unknown;

interface Listener extends Subject {
  call: Method;
  name: string;
}

/** Calls the application's methods that listen to publications on the server. */
export class PublicationListeners {
  private readonly logger = new LineLogger('ResourcefulPubSub');
  private before: Listener[] = [];
  private after: Listener[] = [];

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly registry: ResourceRegistry,
  ) {}

  /** @throws UnknownResourceError, UnknownVerbError, InvalidListenerError when a method cannot listen as declared */
  explore(): void {
    this.before = this.find(BEFORE_PUBLICATION, '@BeforePublication');
    this.after = this.find(ON_PUBLICATION, '@OnPublication');
    for (const { resource, verb, name } of [...this.before, ...this.after]) {
      const { verbs } = this.registry.getKnown(resource, name);
      if (verb !== undefined && !verbs.includes(verb)) throw new UnknownVerbError(name, resource, verb, verbs);
    }
  }

  /** Whether a `@BeforePublication` method listens to the resource. */
  canRewrite(resource: string): boolean {
    return this.before.some((listener) => listener.resource === resource);
  }

  /** Whether an `@OnPublication` method listens to the resource. */
  hasListeners(resource: string): boolean {
    return this.after.some((listener) => listener.resource === resource);
  }

  /**
   * Lets `@BeforePublication` methods rewrite each version of the message, or stop it.
   *
   * @throws InvalidListenerError, and whatever a listener throws
   */
  rewrite(publication: Publication): Publication {
    const listeners = matching(this.before, publication.resource.name, publication.verb);
    if (listeners.length === 0) return publication;
    const versions = publication.versions.map(({ audience, message }) => ({
      audience,
      message: this.rewriteMessage(listeners, message),
    }));
    const isBare = versions.some(({ message }) => message !== STOPPED && !isEnvelope(message));
    return { ...publication, versions, isBare };
  }

  private rewriteMessage(listeners: readonly Listener[], message: unknown): unknown {
    return listeners.reduce<unknown>((current, { call, name }) => {
      if (current === STOPPED) return STOPPED;
      const changed = call(current);
      if (isPromise(changed)) {
        // Nobody else will handle its rejection.
        changed.then(undefined, () => undefined);
        throw new InvalidListenerError(
          `${name} returned a promise, and publications do not wait. Make it answer at once: no "async".`,
        );
      }
      if (changed === null) return STOPPED;
      return changed === undefined ? current : changed;
    }, message);
  }

  /** Calls `@OnPublication` methods, without waiting for them. */
  announce({ resource, verb, versions }: Publication): void {
    const message = versions.at(-1)?.message;
    if (message instanceof Json) this.tell(resource.name, verb, message);
  }

  /** Calls them with a message, if there is one. */
  tell(resource: string, verb: string | undefined, json: Json | undefined): void {
    if (!json) return;
    const message = json.value;
    for (const { call, name } of matching(this.after, resource, verb)) {
      new Promise((resolve) => resolve(call(message))).catch((error: unknown) =>
        logFailure(this.logger, `${name} failed.`, error),
      );
    }
  }

  private find(key: string, decorator: string): Listener[] {
    const wrappers = [...this.discovery.getProviders(), ...this.discovery.getControllers()];
    // A provider with several tokens listens once.
    const seen = new Set<unknown>();
    return wrappers.flatMap((wrapper) => {
      const prototype = prototypeOf(wrapper);
      if (!prototype || seen.has(wrapper.instance)) return [];
      seen.add(wrapper.instance ?? wrapper);
      return this.listenersOf(wrapper, prototype, key, decorator);
    });
  }

  private listenersOf(wrapper: Provided, prototype: object, key: string, decorator: string): Listener[] {
    return this.scanner.getAllMethodNames(prototype).flatMap((method) =>
      subjectsOf(key, (prototype as Record<string, Method>)[method] as object).map((subject) => {
        const name = `${decorator}('${subject.resource}') on ${prototype.constructor.name}.${method}()`;
        assertSingleton(wrapper, name);
        return {
          ...subject,
          name,
          call: (message: unknown) => (wrapper.instance as Record<string, Method>)[method]?.(message),
        };
      }),
    );
  }
}

type Provided = ReturnType<DiscoveryService['getProviders']>[number];

/** Returns the prototype with the methods: of the class, or, for what a factory made, of the instance. */
function prototypeOf({ metatype, inject, isNotMetatype, instance }: Provided): object | undefined {
  if (!isNotMetatype && !inject && typeof metatype === 'function') return metatype.prototype as object;
  if (typeof instance !== 'object' || instance === null) return undefined;
  const prototype = Object.getPrototypeOf(instance) as object | null;
  return prototype === Object.prototype ? undefined : (prototype ?? undefined);
}

function assertSingleton(wrapper: Provided, name: string): void {
  if (wrapper.isTransient || !wrapper.isDependencyTreeStatic()) {
    throw new InvalidListenerError(
      `${name}: the class is request-scoped or transient, and a publication belongs to no request. ` +
        `Move the method to a singleton provider.`,
    );
  }
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}

function matching(listeners: readonly Listener[], resource: string, verb: string | undefined): Listener[] {
  return listeners.filter((listener) => {
    const hears = listener.verb === undefined || listener.verb === verb;
    return listener.resource === resource && hears;
  });
}
