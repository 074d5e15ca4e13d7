/** A packet of Engine.IO: its text with the type in front, or bytes. */
export type Packet = string | Buffer;

/** One connection to a server on which a test says exactly what is sent. */
export interface Connection {
  /** Packets that have arrived, with those of Engine.IO itself; bytes as `b…` in base64. */
  readonly received: string[];
  /** The status that the handshake or a later request was refused with. */
  readonly refusedWith?: number;
  readonly closed: boolean;
  /** Hands packets over: a frame for each over a websocket, one body for all of them when polling. */
  send(...packets: Packet[]): Promise<void>;
  /** Resolves as soon as it holds, or after a while: then with `false`. */
  until(holds: () => boolean, milliseconds?: number): Promise<boolean>;
  /** Stops reading. */
  pause(): void;
  end(): void;
}

export interface ConnectionOptions {
  headers?: Record<string, string>;
  /** What the path of the handshake ends with. */
  query?: string;
  /** The method of the handshake, by polling. @default `GET` */
  method?: string;
  /** What is sent for `CONNECT`; nothing at all if it is `undefined`. */
  connect?: string | undefined;
}

/** Keeps what arrives, and tells whoever waits for it. */
export abstract class Inbox {
  readonly received: string[] = [];
  refusedWith: number | undefined;
  closed = false;
  private readonly waiting = new Set<() => void>();

  until(holds: () => boolean, milliseconds = 15_000): Promise<boolean> {
    return new Promise((resolve) => {
      const done = (value: boolean) => {
        clearTimeout(timer);
        this.waiting.delete(check);
        resolve(value);
      };
      const check = () => void (holds() && done(true));
      const timer = setTimeout(() => done(false), milliseconds);
      this.waiting.add(check);
      check();
    });
  }

  protected arrived(...packets: string[]): void {
    this.received.push(...packets);
    this.changed();
  }

  protected close(): void {
    this.closed = true;
    this.changed();
  }

  private changed(): void {
    for (const check of [...this.waiting]) check();
  }
}
