import { socket } from './connection.js';
import { state } from './state.js';

export const get = (path) => request('GET', path);
export const post = (path, body = {}) => request('POST', path, body);
export const put = (path) => request('PUT', path);
export const patch = (path, body) => request('PATCH', path, body);
export const remove = (path) => request('DELETE', path);

async function request(method, path, body) {
  const headers = new Headers();
  // Names this page's socket, so that the server tells everybody else: this page has the answer.
  if (socket.id) headers.set('X-Socket-Id', socket.id);
  if (state.me) headers.set('X-Member', state.me);
  if (body) headers.set('Content-Type', 'application/json');

  const response = await fetch(path, { method, headers, body: body && JSON.stringify(body) }).catch(() => {
    throw new Error('The server cannot be reached');
  });
  const answer = response.status === 204 ? undefined : await response.json();
  if (!response.ok) throw new Error([answer.message].flat().join(', '));
  return answer;
}
