/** What a server has cost since it was last asked. */
export interface Cost {
  /** The longest time, in milliseconds of the processor, that the event loop gave to one thing. */
  stall: number;
  /** The most memory that the process held, in bytes. */
  rss: number;
}

let stall = 0;
let rss = 0;
let last = process.cpuUsage();
let lastTurn = performance.now();

/**
 * Watches the event loop. Time of the processor is what counts: a machine that does other things at the same time, too,
 * makes everything late, but costs a process no more of that.
 */
export function watchTheLoop(): void {
  const turn = () => {
    const { user, system } = process.cpuUsage(last);
    last = process.cpuUsage();
    const now = performance.now();
    // Threads of the garbage collection may use more time than has passed.
    stall = Math.max(stall, Math.min((user + system) / 1_000, now - lastTurn));
    lastTurn = now;
    rss = Math.max(rss, process.memoryUsage.rss());
  };
  setInterval(turn, 2);
}

/** Gives what has been measured since the last call. */
export function takeCost(): Cost {
  const cost = { stall: Math.round(stall * 10) / 10, rss };
  stall = 0;
  rss = process.memoryUsage.rss();
  return cost;
}

/** Measures a piece of work that is always the same, as a unit for what is measured on this machine. */
export function measureUnit(): number {
  const document = JSON.stringify(Array.from({ length: 20_000 }, (_, id) => ({ id, name: `record ${id}` })));
  const times = Array.from({ length: 5 }, () => {
    const begin = process.cpuUsage();
    JSON.stringify(JSON.parse(document));
    const { user, system } = process.cpuUsage(begin);
    return (user + system) / 1_000;
  });
  return times.toSorted((a, b) => a - b)[2];
}
