import { Counter, Gauge, register as globalRegistry, type Registry } from 'prom-client';
import type { SocketsHealthReport } from './sockets-health.js';
import type { JournalMetrics, SocketsMetrics } from '../../metrics.js';

/** Options of `exportMetrics()`. */
export interface ExportOptions {
  /** The registry to add to. @default that of prom-client which all applications of the process share */
  registers?: readonly Registry[];
  /** What the names begin with. @default 'nestjs_sockets_' */
  prefix?: string;
}

/** What is exported. */
export interface ExportedSockets {
  /** `SocketsService`. */
  sockets: {
    /** Counts what is exported. */
    readonly metrics: () => SocketsMetrics;
  };
  /** `SocketsHealth`, if it is to be exported, too. */
  health?: {
    /** Says how the sockets are. */
    readonly check: () => SocketsHealthReport;
  };
}

/**
 * Exports to Prometheus what `SocketsService.metrics()` counts, whenever it is asked for. The labels are kinds of
 * refusals and failures: no user, room, record or address.
 *
 * @example
 * ```ts
 * import { Injectable } from '@nestjs/common';
 * import { SocketsHealth, SocketsService } from 'nestjs-sockets';
 * import { exportMetrics } from 'nestjs-sockets/prometheus';
 *
 * @Injectable()
 * export class Metrics {
 *   constructor(sockets: SocketsService, health: SocketsHealth) {
 *     exportMetrics({ sockets, health });
 *   }
 * }
 * ```
 */
export function exportMetrics(
  { sockets, health }: ExportedSockets,
  { registers, prefix = 'nestjs_sockets_' }: ExportOptions = {},
): void {
  const register = [...(registers ?? [globalRegistry])];
  const gauge = (name: string, help: string, read: () => number): void => {
    const metric: Gauge = new Gauge({
      name: prefix + name,
      help,
      registers: register,
      collect: () => withServer(() => metric.set(read())),
    });
  };
  const counter = (name: string, help: string, read: () => object): void => {
    const collect = (): void => {
      withServer(() => {
        const counts = Object.entries(read());
        metric.reset();
        for (const [kind, count] of counts) metric.inc({ kind }, count as number);
      });
    };
    const options = { name: `${prefix}${name}_total`, help, labelNames: ['kind'], registers: register, collect };
    const metric = new Counter(options);
  };
  gauge('connections', 'Connections that are open.', () => sockets.metrics().connections);
  gauge('sockets', 'Sockets that are connected, in all namespaces.', () => sockets.metrics().sockets);
  counter('refused', 'What has been refused, by the limit or the rule.', () => sockets.metrics().refused);
  counter('bus', 'What has gone wrong between this server and the others.', () => sockets.metrics().bus);
  const journal = (): JournalMetrics | undefined => sockets.metrics().journal;
  gauge('journal_bytes', 'What the journal takes in the memory of this process.', () => journal()?.bytes ?? 0);
  gauge('journal_waiting', 'Publications that wait for their position.', () => journal()?.waiting ?? 0);
  gauge('journal_lag_seconds', 'How long the last one has waited.', () => (journal()?.lag ?? 0) / 1_000);
  counter('journal', 'Publications that were sent without a position, or in place of another server.', () => {
    const { late = 0, relayed = 0 } = journal() ?? {};
    return { late, relayed };
  });
  if (!health) return;
  gauge('servers', 'Servers of the cluster that are known, with this one.', () => health.check().servers);
  gauge('healthy', '1 if all is well, 0.5 if degraded, 0 if down.', () => HEALTHY[health.check().status]);
}

/** Leaves a metric as it is in a process that has no server, or none yet: the others are asked for all the same. */
function withServer(collect: () => void): void {
  try {
    collect();
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'SERVER_NOT_READY') throw error;
  }
}

const HEALTHY: Record<SocketsHealthReport['status'], number> = { up: 1, degraded: 0.5, down: 0 };
