import { describeValue } from '../../common/describe-value.js';
import { LineLogger, logFailure } from '../../common/log.js';
import { InvalidResourceError } from '../resources.errors.js';
import { readView, type ReadyView, type View } from './view.js';

/** Returns the audience that a user belongs to, or several, of which the richest counts. */
/* The application's identities are of any type. */
/* oxlint-disable-next-line typescript/no-explicit-any */
export type Audience = (user: any) => string | readonly string[] | undefined;

/** The options of a resource that say who sees its records in which shape. */
export interface ViewOptions {
  view?: View;
  views?: Readonly<Record<string, View>>;
  audience?: Audience;
}

/** The views of one resource, and the choice of the one that a user sees. */
export class RecordViews {
  /** The view for everyone who is in no audience. */
  default: ReadyView | undefined;
  private readonly logger = new LineLogger('ResourcefulPubSub');
  private readonly byAudience = new Map<string, ReadyView>();
  private audience: Audience | undefined;
  private readonly warned = new Set<string>();

  constructor(private readonly resource: string) {}

  /** @throws InvalidResourceError when a view cannot be used */
  declare({ view, views, audience }: ViewOptions, where: string): void {
    if (view !== undefined) this.default = readFor(where, '"view"', view);
    for (const [name, one] of Object.entries(views ?? {})) {
      this.byAudience.set(name, readFor(where, `"views", ${name}`, one));
    }
    this.audience = audience ?? this.audience;
  }

  /** @throws InvalidResourceError when one half is missing */
  assertComplete(): void {
    const hasViews = this.byAudience.size > 0;
    if (hasViews === (this.audience !== undefined)) return;
    throw new InvalidResourceError(
      hasViews
        ? `The resource "${this.resource}" has "views" and does not say who sees which. ` +
            `Add it: { audience: (user) => user.role }.`
        : `The resource "${this.resource}" has the option "audience" and no "views" to choose from. ` +
            `Add them, or leave it out.`,
    );
  }

  /** The names of the audiences, from the richest to the plainest. */
  get audiences(): string[] {
    return [...this.byAudience.keys()];
  }

  get haveAudiences(): boolean {
    return this.byAudience.size > 0;
  }

  get any(): boolean {
    return this.default !== undefined || this.byAudience.size > 0;
  }

  find(audience: string | undefined): ReadyView | undefined {
    return audience === undefined ? undefined : this.byAudience.get(audience);
  }

  /** Returns the richest audience that a user belongs to. Someone who is not signed in belongs to none. */
  audienceOf(user: unknown): string | undefined {
    if (!this.audience || user === undefined || user === null) return undefined;
    const said = this.ask(this.audience, user);
    const named = said === undefined || said === null ? [] : [said].flat();
    const unknown = named.find((name) => typeof name !== 'string' || !this.byAudience.has(name));
    if (unknown !== undefined) {
      const one = typeof unknown === 'string' ? 'a name' : describeValue(unknown);
      this.warnOnce(`gave ${one} that is none of its views (${this.audiences.join(', ')})`);
    }
    return this.audiences.find((name) => named.includes(name));
  }

  private ask(audience: Audience, user: unknown): unknown {
    try {
      const said: unknown = audience(user);
      // A promise comes too late: rooms are entered at once.
      if (said instanceof Promise) said.catch(() => undefined);
      return said;
    } catch (error) {
      this.warnOnce('failed', error);
      return undefined;
    }
  }

  private warnOnce(what: string, error?: unknown): void {
    if (this.warned.has(what)) return;
    this.warned.add(what);
    const option = `The option "audience" of the resource "${this.resource}"`;
    const text = `${option} ${what}; such a user sees the default view. (Logged once.)`;
    if (error === undefined) this.logger.warn(text);
    else logFailure(this.logger, text, error);
  }
}

function readFor(where: string, option: string, view: View): ReadyView {
  try {
    return readView(view);
  } catch (error) {
    throw new InvalidResourceError(`${where}: the option ${option}: ${(error as Error).message}`);
  }
}
