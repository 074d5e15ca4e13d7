import type { Document, HTMLElement as Element } from 'happy-dom';
import { createElement, type ReactNode, StrictMode } from 'react';
import { createRoot, hydrateRoot, type Root } from 'react-dom/client';
import { onTestFinished } from 'vitest';
import type { AnyClient } from '../../../src/front-ends/react/index.js';
import { SocketsProvider } from '../../../src/front-ends/react/index.js';

const { document } = globalThis as unknown as { document: Document };

/** A page of React: what it shows, and what it complains of. */
export class Rendered {
  readonly complaints: unknown[] = [];
  #root: Root | undefined;

  private constructor(private readonly element: Element) {
    onTestFinished(() => this.unmount());
  }

  /** Renders in StrictMode, in which React mounts every component twice. */
  static show(client: AnyClient, ...children: ReactNode[]): Rendered {
    const rendered = new Rendered(document.createElement('main'));
    rendered.#root = createRoot(rendered.element, rendered.#options);
    rendered.show(client, ...children);
    return rendered;
  }

  /** Takes over what a server has rendered. */
  static hydrate(client: AnyClient, html: string, ...children: ReactNode[]): Rendered {
    const element = document.createElement('main');
    element.innerHTML = html;
    const rendered = new Rendered(element);
    rendered.#root = hydrateRoot(element, pageOf(client, children), rendered.#options);
    return rendered;
  }

  get text(): string {
    return this.element.textContent;
  }

  show(client: AnyClient, ...children: ReactNode[]): void {
    this.#root?.render(createElement(StrictMode, null, pageOf(client, children)));
  }

  unmount(): void {
    this.#root?.unmount();
    this.#root = undefined;
  }

  get #options() {
    const complain = (error: unknown): void => void this.complaints.push(error);
    return { onRecoverableError: complain, onUncaughtError: complain, onCaughtError: () => undefined };
  }
}

export function pageOf(client: AnyClient, children: readonly ReactNode[]): ReactNode {
  return createElement(SocketsProvider, { client }, ...children);
}
