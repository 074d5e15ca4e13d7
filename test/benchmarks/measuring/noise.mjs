import { cpus, loadavg } from 'node:os';

/** Above this share of the machine's CPU, what others do disturbs the figures. */
const TOO_MUCH = 0.15;

/** Above this spread of the rounds, a ratio says little. */
const TOO_WIDE = 0.2;

function busyMs() {
  let busy = 0;
  let all = 0;
  for (const { times } of cpus()) {
    const sum = times.user + times.nice + times.sys + times.irq;
    busy += sum;
    all += sum + times.idle;
  }
  return { busy, all };
}

/** Tells how much of the machine's CPU other programs used while a workload ran. */
export class Noise {
  #start = busyMs();
  #own = process.cpuUsage();

  /** @param servers the microseconds of CPU time that the servers of the workload used */
  end(servers) {
    const { busy, all } = busyMs();
    const { user, system } = process.cpuUsage(this.#own);
    const total = all - this.#start.all;
    const byOthers = Math.max(0, busy - this.#start.busy - (user + system + servers) / 1_000) / total;
    return { byOthers, load: loadavg()[0], isTooMuch: byOthers > TOO_MUCH };
  }
}

/** Tells whether the rounds of a demand differ too much to believe their median. */
export const isTooWide = ({ spread }) => spread > TOO_WIDE;
