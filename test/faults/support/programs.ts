import type { TestProject } from 'vitest/node';
import { buildProgramsIn } from '../../support/child-programs.js';
import { beginRecord, finishRecord } from './record.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** The folders of the servers that are attacked and their clients, by the major version of Nest. */
    faultPrograms: Record<11 | 12, string>;
    /** Whether everything is tried, and other servers beside the library; otherwise it takes a minute at most. */
    full: boolean;
  }
}

/** Vitest's global setup: builds the servers that are attacked; after the run, writes down what was measured. */
export default async function buildFaultPrograms(project: TestProject): Promise<() => void> {
  const { full } = project.config.provide as { full: boolean };
  const twelve = await buildProgramsIn('test/faults', 'node_modules');
  const eleven = full ? await buildProgramsIn('test/faults', 'test/nest-11/node_modules') : twelve;
  project.provide('faultPrograms', { 11: eleven, 12: twelve });
  beginRecord();
  return () => finishRecord(full);
}
