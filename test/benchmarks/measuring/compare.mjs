/** Returns the value in the middle. */
const median = (values) => quantile(values, 0.5);

/** Returns the value below which this share of the values is. */
function quantile(values, share) {
  const sorted = values.toSorted((a, b) => a - b);
  const place = (sorted.length - 1) * share;
  const below = sorted[Math.floor(place)];
  return below + (sorted[Math.ceil(place)] - below) * (place - Math.floor(place));
}

/**
 * Measures the subjects in turns, in another order each round, so that what disturbs the machine disturbs all of them.
 * Round 0 warms up and does not count.
 *
 * @param measure `(subject, round)` returns figures by their names
 */
export async function compare({ subjects, rounds, measure, warmUp = 1 }) {
  const found = new Map(subjects.map((subject) => [subject, []]));
  for (let round = 0; round < rounds + warmUp; round++) {
    for (let turn = 0; turn < subjects.length; turn++) {
      const subject = subjects[(round + turn) % subjects.length];
      const figures = await measure(subject, round);
      if (round >= warmUp) found.get(subject).push(figures);
    }
  }
  return new Comparison(found);
}

/** What was measured, by subject and round. */
class Comparison {
  #found;

  constructor(found) {
    this.#found = found;
  }

  /**
   * Returns one row of the report: the medians of a figure, and each demand beside what was found. A ratio is the median
   * of the ratios of the rounds, so that what disturbed one round disturbs one of them. Instructions are shown with CPU
   * time, if they were counted.
   *
   * @param measure the name of the figure
   * @param subject what the demands are about, unless they name another
   * @param demands `{ beside, atMost }` or `{ beside, atLeast }`; without `beside`, of the figure itself
   */
  row({ of, measure, label, unit, demands = [], subject = 'library' }) {
    const instructions = measure === 'cpu' ? this.#medians('instructions') : {};
    const judged = demands.map((demand) => this.#judge({ subject, ...demand }, measure));
    return { of, measure: label, unit, figures: this.#medians(measure), instructions, demands: judged };
  }

  /** Returns the medians of a figure, by the subjects that have it. */
  #medians(measure) {
    const medians = {};
    for (const [name, rounds] of this.#found) {
      const values = rounds.map((round) => round[measure]).filter((value) => value !== undefined);
      if (values.length > 0) medians[name] = median(values);
    }
    return medians;
  }

  #judge({ subject, beside, atMost, atLeast }, measure) {
    const own = this.#found.get(subject).map((round) => round[measure]);
    const ratios = beside === undefined ? own : own.map((value, n) => value / this.#found.get(beside)[n][measure]);
    const found = median(ratios);
    // Half of the rounds are within this range, relative to the one in the middle.
    const spread = (quantile(ratios, 0.75) - quantile(ratios, 0.25)) / found;
    const isMet = atLeast === undefined ? found <= atMost : found >= atLeast;
    return { subject, beside, atMost, atLeast, found, spread, isMet };
  }
}
