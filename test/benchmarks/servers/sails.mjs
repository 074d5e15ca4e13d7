// Sails with its hook for sockets, whose packages are installed in ../sails/. One route answers over both protocols.
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { SERVER_OPTIONS } from './options.mjs';

const FOLDER = new URL('../sails/', import.meta.url);

const { Sails } = createRequire(FOLDER)('sails');

const card = (id) => ({ id, title: `card ${id}`, boardId: 7, done: false, tags: ['a', 'b'] });

/** What comes with Sails, and an application that answers a request with data can do without. */
const MORE = ['blueprints', 'helpers', 'i18n', 'policies', 'pubsub', 'security', 'services', 'session', 'views'];

/** @param isLightest leaves out all hooks that can be left out. Otherwise it is as it comes, with a session each. */
export async function start({ isLightest = false }) {
  const app = new Sails();
  const config = {
    appPath: fileURLToPath(FOLDER),
    environment: 'production',
    explicitHost: '127.0.0.1',
    // A text, since Sails takes the number 0 for none.
    port: '0',
    log: { level: 'error' },
    globals: false,
    hooks: isLightest ? Object.fromEntries(MORE.map((hook) => [hook, false])) : {},
    // In production it starts only if it can sign its cookies, and is told who may connect.
    session: { secret: 'a secret of nobody' },
    sockets: { ...SERVER_OPTIONS, beforeConnect: (_handshake, answer) => answer(undefined, true) },
    routes: { 'GET /plain/:id': (request, response) => response.json(card(Number(request.params.id))) },
  };
  await promisify(app.lift.bind(app))(config);
  return { port: app.hooks.http.server.address().port };
}
