import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { DiscoveryService, MetadataScanner, ModuleRef, ModulesContainer } from '@nestjs/core';
import type { BootParticipant } from '../common/boot/boot-participant.js';
import { Connections } from '../connections/connections.js';
import type { RelayExplorer } from '../rooms/relay/relay-explorer.js';
import { Rooms } from '../rooms/rooms.js';
import { Cluster } from '../server/cluster/cluster.js';
import { beforeLeaving, leaveOthers } from '../server/cluster/delivery/leaving.js';
import type { JournalLimits } from '../server/cluster/journal/journal.options.js';
import { MemoryJournal } from '../server/cluster/journal/memory-journal.js';
import { SOCKETS_SERVER_OPTIONS, type ResolvedIoServerOptions } from '../server/options/server.options.js';
import { SocketsServer } from '../server/sockets-server.js';
import { Transactions } from '../transactions/transactions.js';
import { MissedPublications } from './catch-up/missed-publications.js';
import { MissingQuestions } from './catch-up/missing-questions.js';
import { RemoteReaders } from './catch-up/remote-readers.js';
import type { ResourceOptions } from './definition/resource.options.js';
import { ResourceRegistry } from './definition/resource-registry.js';
import { PublicationJournal } from './journal/publication-journal.js';
import { InjectedResources } from './pubsub/injected-resources.js';
import { KeyNews } from './pubsub/keys/key-news.js';
import { PublishedKeys } from './pubsub/keys/published-keys.js';
import { PublicationPipeline } from './pubsub/pipeline/publication-pipeline.js';
import { PublicationSize } from './pubsub/steps/publication-size.js';
import { ResourceChannels } from './pubsub/resource-channels.js';
import type { PublicationLimits } from './pubsub/channel.options.js';
import { AnswerEmitter } from './pubsub/emission/answer-emitter.js';
import { Consequences } from './pubsub/steps/consequences.js';
import { PublicationComposer } from './pubsub/steps/publication-composer.js';
import { PublicationEmitter } from './pubsub/emission/publication-emitter.js';
import { PublicationListeners } from './pubsub/steps/publication-listeners.js';
import { PublishedVersions } from './pubsub/steps/published-versions.js';
import { PublicationViews } from './pubsub/steps/publication-views.js';
import { ReversePublications } from './pubsub/steps/reverse-publications.js';
import { CrossedPublications } from './pubsub/steps/placement/crossed-publications.js';
import { LocationNews } from './pubsub/steps/placement/location-news.js';
import { SlicePlacement } from './pubsub/steps/placement/slice-placement.js';
import { SliceQuestions } from './pubsub/steps/placement/slice-questions.js';
import { RelationGraph } from './relations/relation-graph.js';
import { ReverseMessages } from './relations/reverse-messages.js';
import { ResourceAudienceRooms } from './subscriptions/resource-audience-rooms.js';
import { GatewayWatchers } from './subscriptions/gateway-watchers.js';
import { ClientUnsubscriptions } from './subscriptions/client-unsubscriptions.js';
import { KnownUsers } from './readers/known-users.js';
import { ResourceNamespaces } from './subscriptions/resource-namespaces.js';
import { ResourceRevocations } from './subscriptions/resource-revocations.js';
import { PersonalQuestions } from './readers/personal-questions.js';
import { ShownReads } from './readers/shown-reads.js';
import { StaleNotices } from './subscriptions/stale-notices.js';
import { SubscriptionPolicies } from './subscriptions/subscription-policies.js';

/** Composes everything that works with resources, and boots it in order. */
@Injectable()
export class Resources implements BootParticipant, OnApplicationShutdown {
  readonly registry = new ResourceRegistry();
  readonly relations = new RelationGraph(this.registry);
  readonly namespaces: ResourceNamespaces;
  readonly policies: SubscriptionPolicies;
  readonly users: KnownUsers;
  readonly questions = new PersonalQuestions();
  readonly pipeline: PublicationPipeline;
  readonly channels: ResourceChannels;
  private readonly shownReads: ShownReads;
  private readonly emitter: PublicationEmitter;
  /** `undefined` where publications are not kept. */
  readonly missed: MissedPublications | undefined;
  private readonly missingQuestions: MissingQuestions | undefined;
  private readonly relays: RelayExplorer;
  readonly injected: InjectedResources;
  private readonly listeners: PublicationListeners;
  private readonly sliceQuestions: SliceQuestions;
  private readonly locationNews: LocationNews;
  private readonly keyNews: KeyNews;
  private readonly gatewayWatchers: GatewayWatchers;
  private readonly unsubscriptions: ClientUnsubscriptions;
  private readonly audienceRooms: ResourceAudienceRooms;
  private readonly staleNotices: StaleNotices;

  constructor(
    private readonly server: SocketsServer,
    { reauthentication }: Connections,
    { relays, revocations }: Rooms,
    modules: ModulesContainer,
    private readonly moduleRef: ModuleRef,
    private readonly transactions: Transactions,
    cluster: Cluster,
    @Inject(SOCKETS_SERVER_OPTIONS)
    private readonly options: ResolvedIoServerOptions & {
      limits: Required<PublicationLimits>;
      journal: JournalLimits | false;
      resources?: Record<string, ResourceOptions>;
    },
  ) {
    const { registry, relations } = this;
    const discovery = new DiscoveryService(modules);
    this.relays = relays;
    this.injected = new InjectedResources(modules, registry);
    this.namespaces = new ResourceNamespaces(discovery, registry, options);
    this.policies = new SubscriptionPolicies(registry, moduleRef);
    this.gatewayWatchers = new GatewayWatchers(server, this.namespaces, this.policies);
    this.unsubscriptions = new ClientUnsubscriptions(server, registry, discovery, options);
    this.audienceRooms = new ResourceAudienceRooms(registry, server, reauthentication);
    this.staleNotices = new StaleNotices(registry, server);
    this.listeners = new PublicationListeners(discovery, new MetadataScanner(), registry);
    const { journal: kept } = options;
    const journal = kept ? new PublicationJournal(new MemoryJournal(kept), cluster.journal, kept.timeout) : undefined;
    this.sliceQuestions = new SliceQuestions(server, registry, journal);
    this.locationNews = new LocationNews(server, registry);
    this.keyNews = new KeyNews(server, registry);
    this.users = new KnownUsers(server);
    this.shownReads = new ShownReads(registry, this.users, reauthentication);
    const answers = new AnswerEmitter(registry, relations, this.users, this.shownReads, this.questions);
    const { sliceQuestions, locationNews } = this;
    const consequences = new Consequences(registry, this.listeners, sliceQuestions, locationNews, this.namespaces);
    this.emitter = new PublicationEmitter(server, registry, this.namespaces, answers, consequences, journal);
    this.missed = journal && new MissedPublications(journal, this.emitter);
    this.missingQuestions = this.missed && new MissingQuestions(server, registry, this.missed);
    const placement = new SlicePlacement(sliceQuestions, locationNews);
    const steps = {
      composer: new PublicationComposer(relations),
      reverse: new ReversePublications(new ReverseMessages(relations)),
      views: new PublicationViews(relations, options.maxNesting),
      listeners: this.listeners,
      placement,
      crossed: new CrossedPublications(placement, locationNews, sliceQuestions),
      keys: new PublishedKeys(this.keyNews),
      versions: new PublishedVersions(),
      emitter: this.emitter,
      size: new PublicationSize(server, options.limits.maxPublication),
    };
    this.pipeline = new PublicationPipeline(steps, relations, options.maxNesting);
    this.channels = new ResourceChannels(registry, server, this.namespaces, this.pipeline, relations, transactions);
    new ResourceRevocations(registry).register(revocations);
  }

  /** Whether methods of the application listen to publications of a resource, on the server. */
  hasListeners(resource: string): boolean {
    return this.listeners.hasListeners(resource);
  }

  /** Declares the resources of the module's options and of injected channels. Routes declare those of controllers. */
  declare(): void {
    for (const { event, name } of this.relays.declared) this.registry.reserve(event, name);
    for (const [name, resource] of Object.entries(this.options.resources ?? {})) {
      this.registry.get(name).declare(resource, `SocketsModule.forRoot({ resources: { ${name} } })`);
    }
    this.injected.declare();
  }

  /**
   * Checks and completes everything that refers to resources, once all of them are declared.
   *
   * @throws SocketsError that says what does not fit
   */
  check(): void {
    this.registry.assertComplete();
    // Before the checks of routes, which ask for relations.
    this.relations.build();
    this.namespaces.explore();
    this.gatewayWatchers.explore();
    this.listeners.explore();
    this.pipeline.build(this.registry.all());
    this.transactions.warnOfUnreported(this.injected.publishers);
  }

  /** Serves clients and other servers, from now on. */
  listen(): void {
    this.unsubscriptions.listen();
    this.gatewayWatchers.listen();
    this.audienceRooms.listen();
    this.staleNotices.listen();
    const { further } = this.pipeline;
    this.sliceQuestions.listen((...left) => further.sendLeft(...left));
    this.locationNews.listen(further);
    this.keyNews.listen();
    this.shownReads.listen(this.server.io);
    this.emitter.listen();
    this.missingQuestions?.listen();
    if (this.missed) new RemoteReaders(this.server, this.missed).listen();
    beforeLeaving(this.server.io, 'tell', () => this.emitter.prepareToLeave());
    beforeLeaving(this.server.io, 'tell', () => this.sliceQuestions.end());
  }

  async onApplicationShutdown(): Promise<void> {
    if (this.server.exists) await leaveOthers(this.server.io);
    this.emitter.end();
  }

  /** Makes the policies, and the guards of gateways whose sockets watch. */
  async prepare(): Promise<void> {
    await this.policies.make();
    await this.gatewayWatchers.prepare(this.moduleRef);
  }
}
