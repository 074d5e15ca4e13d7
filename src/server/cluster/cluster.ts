import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import type { HttpAdapterHost } from '@nestjs/core';
import type { Server } from 'socket.io';
import { LineLogger, logFailure } from '../../common/log.js';
import { InvalidOptionsError } from '../../common/common.errors.js';
import { leaveOthers } from './delivery/leaving.js';
import { ClusterUnavailableError } from '../server.errors.js';
import type { ClusterConnection, ClusterIntegration } from './cluster.options.js';
import type { SharedJournal } from './journal/journal.js';
import type { JournalLimits } from './journal/journal.options.js';

/**
 * Holds the connection of the application to the other servers: it is opened while Nest makes its providers, so before
 * anything listens, and closed after the Socket.IO server.
 */
export class Cluster implements OnApplicationBootstrap, OnApplicationShutdown {
  /** The one that is joined to others, as soon as there is one. */
  server: Server | undefined;

  /**
   * @internal
   * @param connection absent in an application that the option `cluster` does not join to others
   * @param journal the one that the servers share, if they do
   */
  constructor(
    readonly connection: ClusterConnection | undefined,
    readonly journal: SharedJournal | undefined,
    private readonly host: HttpAdapterHost,
  ) {}

  /**
   * @param limits `false` if there is to be no journal
   * @param injected what Nest has found for the integration's `inject`
   * @throws ClusterUnavailableError if the application is not to start without the others, InvalidOptionsError
   */
  static async open(
    integration: ClusterIntegration | undefined,
    limits: JournalLimits | false,
    injected: readonly unknown[] | undefined,
    host: HttpAdapterHost,
  ): Promise<Cluster> {
    if (!integration) return new Cluster(undefined, undefined, host);
    if (integration.inject?.length && !injected) {
      throw new InvalidOptionsError(
        'cluster',
        `given by SocketsModule.forRoot(), where ${integration.name} injects what it needs; the factory of ` +
          'forRootAsync() injects by itself, and hands it over as "client" or "pool"',
      );
    }
    const connection = await integration.open(...(injected ?? []));
    // Before it is connected, since a journal may need something to be made then.
    const journal = limits ? connection.journal?.(limits) : undefined;
    await connected(integration, connection);
    // Where a later provider or hook fails, Nest calls no hook that would close it.
    connection.holdProcess?.(false);
    return new Cluster(connection, journal, host);
  }

  /** A worker may have nothing else that holds its process; others have their HTTP server. */
  onApplicationBootstrap(): void {
    if (!this.host.httpAdapter) this.connection?.holdProcess?.(true);
  }

  /** Leaves the others last, for requests, jobs and hooks may publish until then. */
  async onApplicationShutdown(): Promise<void> {
    if (this.server) await leaveOthers(this.server);
    await this.connection?.close();
  }
}

const logger = new LineLogger('SocketsModule');

/** Waits as long as the integration wants to wait. */
async function connected(integration: ClusterIntegration, connection: ClusterConnection): Promise<void> {
  const { name, whenAbsent, connectTimeout } = integration;
  for (;;) {
    const outcome = await outcomeWithin(connectTimeout, connection.connected);
    if (outcome === 'connected') return;
    const problem = connection.problem?.();
    const known = problem === undefined ? '' : ` (${problem})`;
    const reason = outcome === 'late' ? `not within ${connectTimeout} ms${known}` : outcome;
    const isHopeless = outcome !== 'late';
    if (whenAbsent === 'fail' || (whenAbsent === 'wait' && isHopeless)) {
      await connection.close().catch((error: unknown) => logFailure(logger, `${name} could not be closed.`, error));
      throw new ClusterUnavailableError(name, reason);
    }
    if (whenAbsent === 'degraded') {
      logger.warn(
        `${name} is not connected to the other servers (${reason}). This one serves its own clients until it is, ` +
          'since whenAbsent is "degraded".',
      );
      // What becomes of it later is said by whoever tries again.
      connection.connected.catch(() => undefined);
      return;
    }
    logger.warn(`${name} is not connected to the other servers yet${known}. The application starts as soon as it is.`);
  }
}

/** @returns why it never will be connected, if that is so */
async function outcomeWithin(milliseconds: number, connecting: Promise<void>): Promise<string> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve) => (timer = setTimeout(resolve, milliseconds, 'late')));
  const outcome = connecting.then(
    () => 'connected',
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
  return Promise.race([outcome, late]).finally(() => clearTimeout(timer));
}
