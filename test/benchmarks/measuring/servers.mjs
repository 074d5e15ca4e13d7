import { ServerProcess } from './server-process.mjs';

/**
 * The servers of the workloads, each in a process of its own. A server is started when a workload first asks for it, and
 * goes on for the next one.
 */
export class Servers {
  #running = new Map();

  /**
   * Starts what is missing, and returns the servers of one workload by the names of their subjects.
   *
   * @param wanted the options of each server, among which `subject` says which it is, unless that is its name
   */
  async take(wanted) {
    const taken = new Map();
    for (const [name, { subject = name, ...options }] of Object.entries(wanted)) {
      const key = JSON.stringify([subject, options]);
      if (!this.#running.has(key)) this.#running.set(key, ServerProcess.start(subject, options));
      taken.set(name, this.#running.get(key));
    }
    const subjects = [...taken.keys()];
    const servers = await Promise.all(taken.values());
    return { subjects, get: (subject) => servers[subjects.indexOf(subject)] };
  }

  /** Returns the CPU time that all of them have used, in µs. */
  async cpu() {
    const used = await Promise.all([...this.#running.values()].map(async (server) => (await server).cpu()));
    return used.reduce((sum, one) => sum + one, 0);
  }

  async stop() {
    for (const server of this.#running.values()) await (await server).stop();
  }
}
