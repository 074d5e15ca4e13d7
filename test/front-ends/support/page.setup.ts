import { Window } from 'happy-dom';

/**
 * What a front end finds in a browser, and no more: sockets, requests and timers stay those of Node, since the server is
 * in this process, too. All files of a process share the page, for some front ends look for it once.
 */
if (!('document' in globalThis)) {
  const window = new Window({ url: 'http://localhost/' });
  const { document, navigator } = window;
  for (const [name, value] of Object.entries({ window, document, navigator })) {
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  }
  for (const name of ['Node', 'Element', 'HTMLElement', 'SVGElement', 'HTMLIFrameElement', 'Event'] as const) {
    Object.defineProperty(globalThis, name, { value: window[name], configurable: true, writable: true });
  }
}
