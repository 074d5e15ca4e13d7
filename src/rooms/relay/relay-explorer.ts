import type { DiscoveryService } from '@nestjs/core';
import type { Server } from 'socket.io';
import type { Identities } from '../../connections/identities.js';
import { sharedListener } from '../../server/inbound/client-events.js';
import { gatewayHandlers, gatewayMetadataOf, namespaceNamed } from '../../server/gateways/gateways.js';
import { purposeOfEvent } from '../../protocol/reserved-events.js';
import { ReservedEventError } from '../../server/server.errors.js';
import { asksForOwnServer, type ResolvedIoServerOptions } from '../../server/options/server.options.js';
import { RoomTemplate } from '../room-template.js';
import { InvalidRelayError } from '../rooms.errors.js';
import { RelayHandler } from './relay-handler.js';
import { type RelayMetadata, relaysOf } from './relay.decorator.js';
import { findRelayProblem, resolveRelayOptions } from './relay.options.js';

type DecoratedClass = object & { name: string };

/** Finds the relays that classes of the application declare, and connects clients to them. */
export class RelayExplorer {
  /** By namespace and event. */
  private readonly relays = new Map<string, Map<string, RelayHandler>>();

  constructor(
    private readonly identities: Identities,
    private readonly discovery: DiscoveryService,
    private readonly options: ResolvedIoServerOptions,
  ) {}

  /**
   * Reads what the classes of the application declare, and refuses what cannot work.
   *
   * @throws InvalidRelayError, InvalidRoomTemplateError, ReservedEventError
   */
  explore(): void {
    const classes = [...this.discovery.getProviders(), ...this.discovery.getControllers()].map(
      ({ metatype }) => metatype,
    );
    for (const decorated of new Set(classes)) {
      if (typeof decorated !== 'function') continue;
      for (const metadata of relaysOf(decorated)) this.read(decorated, metadata);
    }
    this.refuseHandlers();
  }

  /** The relays of all namespaces. */
  get declared(): RelayHandler[] {
    return [...this.relays.values()].flatMap((byEvent) => [...byEvent.values()]);
  }

  /** Relays what clients signal from now on. */
  listen(io: Server): void {
    for (const [namespace, byEvent] of this.relays) {
      const listeners = [...byEvent].map(
        ([event, relay]) => [event, sharedListener((...signal) => relay.receive(...signal))] as const,
      );
      io.of(namespace).on('connection', (socket) => {
        for (const [event, listener] of listeners) socket.on(event, listener);
      });
    }
  }

  private read(decorated: DecoratedClass, { event, options }: RelayMetadata): void {
    const name = `@Relay('${event}') on ${decorated.name}`;
    const problem = findEventProblem(event) ?? findRelayProblem(options);
    if (problem !== undefined) throw new InvalidRelayError(name, problem);
    const namespace = this.namespaceOf(decorated, name);
    const byEvent = this.relays.get(namespace) ?? new Map<string, RelayHandler>();
    const other = byEvent.get(event);
    if (other) {
      throw new InvalidRelayError(
        name,
        `${other.name} relays that event in the namespace "${namespace}" already. Rename one of them.`,
      );
    }
    const { maxNesting } = this.options;
    const room = readTemplate(name, options.to);
    const relay = new RelayHandler(name, event, room, resolveRelayOptions(options), this.identities, maxNesting);
    this.relays.set(namespace, byEvent.set(event, relay));
  }

  private namespaceOf(decorated: DecoratedClass, name: string): string {
    const { options = {}, port = 0 } = gatewayMetadataOf(decorated) ?? {};
    if (asksForOwnServer(port, options.path, this.options)) {
      throw new InvalidRelayError(
        name,
        'signals are relayed on the application’s own server, and this gateway has another one. ' +
          'Remove its port and path.',
      );
    }
    const { namespace = '/' } = options;
    if (typeof namespace === 'string') return namespaceNamed(namespace);
    throw new InvalidRelayError(
      name,
      'its namespace is a pattern, and signals are relayed in namespaces that have a name.',
    );
  }

  private refuseHandlers(): void {
    for (const { name, event, namespace } of gatewayHandlers(this.discovery, this.options)) {
      const relay = this.relays.get(namespace ?? '')?.get(event as string);
      if (!relay) continue;
      throw new ReservedEventError(name, relay.event, `${relay.name} relays that event. Rename one of them.`);
    }
  }
}

function findEventProblem(event: unknown): string | undefined {
  if (typeof event !== 'string' || event === '') return `the event's name must be a string that is not empty.`;
  const purpose = purposeOfEvent(event);
  return purpose === undefined ? undefined : `${purpose}. Choose another name.`;
}

function readTemplate(name: string, to: string): RoomTemplate {
  try {
    return new RoomTemplate(to);
  } catch (error) {
    throw new InvalidRelayError(name, `the option "to": ${(error as Error).message}`);
  }
}
