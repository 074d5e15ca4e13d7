import type { SocketsModuleOptions } from '../../../../src/index.js';
import type { EngineName } from '../servers/joined-server.js';

/** What a trial is made with: the servers and what joins them, and the clients. */
export interface Subject {
  /** The heading of its column. */
  name: string;
  server: 'library' | 'socket.io';
  /** Absent if there is one server only. */
  engine?: EngineName;
  /** Whether transactions may publish, which takes Postgres. */
  hasOutbox?: true;
  /** Clients that ignore positions, as those of Socket.IO do. They read again whenever they connect. */
  isPlain?: true;
  options?: SocketsModuleOptions;
  /** What only the suite can turn off. */
  env?: Record<string, string>;
}

export const oneServer: Subject = { name: 'one server', server: 'library' };

export const joinedBy = (engine: EngineName): Subject => ({
  name: engine === 'postgres' ? 'postgres()' : `redis(), ${engine}`,
  server: 'library',
  engine,
});

export const REDIS = (['pubsub', 'sharded', 'streams'] as const).map(joinedBy);

/** The column beside those of the library. */
export const socketIo: Subject = { name: 'default Socket.IO', server: 'socket.io', engine: 'pubsub', isPlain: true };
