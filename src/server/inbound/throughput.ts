import type { RefusalKind } from '../metrics.js';
import type { ResolvedServerLimits } from '../options/limits.options.js';

/** How far a budget may be overdrawn before the client is cut off: this part of its burst, and at least so much. */
const OVERDRAFT = 1 / 4;
const MIN_PACKETS = 100;
const MIN_BYTES = 1_048_576;

/**
 * Counts the packets and bytes of one connection against two budgets, which fill up again over time.
 *
 * What is refused counts, too, and overdraws the budget: who waits after a refusal has room again, and who goes on is
 * cut off.
 */
export class Throughput {
  private packets: number;
  private bytes: number;
  private filledAt = performance.now();

  constructor(private readonly limits: ResolvedServerLimits) {
    this.packets = limits.packetBurst;
    this.bytes = limits.byteBurst;
  }

  /** Counts a packet, and returns which budget it overdraws, if any. */
  take(bytes: number): RefusalKind | undefined {
    this.fill();
    this.packets--;
    this.bytes -= bytes;
    if (this.packets < 0) return 'packetRate';
    return this.bytes < 0 ? 'byteRate' : undefined;
  }

  /** Whether the client has gone on for so long that it is to be cut off. */
  get isOverdrawn(): boolean {
    return this.packets < -this.packetOverdraft || this.bytes < -Math.max(MIN_BYTES, this.limits.byteBurst * OVERDRAFT);
  }

  /** How many more packets overdraw the budget so far that the client is cut off. */
  get packetsLeft(): number {
    this.fill();
    return Math.max(0, Math.floor(this.packets + this.packetOverdraft) + 1);
  }

  /** In how many seconds there is room again. */
  get retryAfter(): number {
    const { packetsPerSecond, bytesPerSecond } = this.limits;
    return Math.max(1, Math.ceil(Math.max((1 - this.packets) / packetsPerSecond, -this.bytes / bytesPerSecond)));
  }

  private get packetOverdraft(): number {
    return Math.max(MIN_PACKETS, this.limits.packetBurst * OVERDRAFT);
  }

  private fill(): void {
    const { packetBurst, packetsPerSecond, byteBurst, bytesPerSecond } = this.limits;
    const now = performance.now();
    // A clock that a test replaces may go back.
    const seconds = Math.max(0, now - this.filledAt) / 1_000;
    this.filledAt = now;
    this.packets = Math.min(packetBurst, this.packets + seconds * packetsPerSecond);
    this.bytes = Math.min(byteBurst, this.bytes + seconds * bytesPerSecond);
  }
}
