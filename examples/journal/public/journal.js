import { connect } from 'nestjs-sockets/client';

const byId = (id) => document.getElementById(id);

let me = '';
let token;
/** What the list is about: a path, a query and a title. */
let listed = { path: 'articles', query: {}, title: 'All articles' };
let articles = [];
let articlesCount = 0;
let opened;
let comments = [];

/** Nobody in particular connects without a token. */
const sockets = connect({ auth: () => ({ token }) });
sockets.onState(({ status }) => (byId('state').textContent = status));

/* What arrives */

sockets.on('article', (message) => {
  for (const article of [...articles, opened]) {
    if (article?.id === message.id && message.verb === 'updated') patch(article, message.data);
  }
  // Counts and pages are not in messages, so the list is read again.
  if (['created', 'entered', 'left', 'destroyed'].includes(message.verb)) readListSoon();
  if (message.id === opened?.id) {
    if (message.verb === 'destroyed') opened = undefined;
  }
  render();
});

sockets.on('comment', ({ verb, id, data }) => {
  if (verb === 'created' && data.articleId === opened?.id) comments.push(data);
  if (verb === 'destroyed') comments = comments.filter((comment) => comment.id !== id);
  render();
});

sockets.on('profile', ({ verb, id, data }) => {
  // All of one's own tabs are told whom one follows, and nobody else's are.
  if (verb === 'updated' && data.following !== undefined) followed(id, data.following);
});

/** Keeps what the message does not have: it has nothing that depends on who looks. */
function patch(article, { author, ...changes }) {
  Object.assign(article, changes);
  Object.assign(article.author, author);
}

function followed(authorId, following) {
  for (const article of [...articles, opened])
    if (article?.author.id === authorId) article.author.following = following;
  // The feed is about others now.
  if (listed.path === 'articles/feed') readListSoon();
  render();
}

/* What is read */

let listReader;
let soon;

/** Reads the list, and gives up the list that was read before. */
async function readList(list = listed) {
  clearTimeout(soon);
  soon = undefined;
  listed = list;
  const before = listReader;
  const page = new AbortController();
  listReader = { page };
  const show = ({ body }) => {
    if (page.signal.aborted) return;
    ({ articles, articlesCount } = body);
    render();
  };
  const options = { signal: page.signal, repeat: ({ response }) => response && show(response) };
  const response = await sockets.get(`/api/${list.path}`, list.query, options);
  listReader.response = response;
  show(response);
  before?.page.abort();
  await before?.response?.unsubscribe();
}

/** Reads the list once for all messages of the next 200 ms. */
function readListSoon() {
  soon ??= setTimeout(() => readList().catch(report), 200);
}

async function open(slug) {
  const options = { repeat: ({ response }) => response && (opened = response.body.article) && render() };
  const { body } = await sockets.get(`/api/articles/${slug}`, undefined, options);
  opened = body.article;
  ({ comments } = (await sockets.get(`/api/articles/${slug}/comments`)).body);
  render();
}

async function signIn(username) {
  me = username;
  token = username ? (await sockets.post('/api/sessions', { username })).body.session.token : undefined;
  sockets.close();
  sockets.connect();
  opened = undefined;
  await readList({ path: 'articles', query: {}, title: 'All articles' });
}

/* What is done */

const on = (id, event, action) =>
  byId(id).addEventListener(event, (happened) => {
    happened.preventDefault();
    Promise.resolve(action(happened.target)).catch(report);
  });

on('me', 'change', ({ value }) => signIn(value));
on('all', 'click', () => readList({ path: 'articles', query: {}, title: 'All articles' }));
on('feed', 'click', () => readList({ path: 'articles/feed', query: {}, title: 'My feed' }));
on('author', 'click', () => listOf({ author: opened.author.username }));
on('favorite', 'click', async () => {
  const method = opened.favorited ? 'delete' : 'post';
  patch(opened, (await sockets[method](`/api/articles/${opened.slug}/favorite`)).body.article);
  render();
});
on('follow', 'click', async () => {
  const { id, username, following } = opened.author;
  await sockets[following ? 'delete' : 'post'](`/api/profiles/${username}/follow`);
  followed(id, !following);
});
on('rename', 'click', async () => {
  const title = prompt('The new title', opened.title);
  if (!title) return;
  patch(opened, (await sockets.put(`/api/articles/${opened.slug}`, { article: { title } })).body.article);
  await readList();
});
on('remove', 'click', async () => {
  await sockets.delete(`/api/articles/${opened.slug}`);
  opened = undefined;
  await readList();
});
on('new-article', 'submit', async (form) => {
  const { title, body, tags } = Object.fromEntries(new FormData(form));
  const tagList = tags
    .split(',')
    .map((tag) => tag.trim())
    .filter(Boolean);
  const { article } = (await sockets.post('/api/articles', { article: { title, summary: '', body, tagList } })).body;
  form.reset();
  await Promise.all([readList(), open(article.slug)]);
});
on('new-comment', 'submit', async (form) => {
  const comment = Object.fromEntries(new FormData(form));
  comments.push((await sockets.post(`/api/articles/${opened.slug}/comments`, { comment })).body.comment);
  form.reset();
  render();
});

const listOf = (query) => readList({ path: 'articles', query, title: Object.entries(query).flat().join(' ') });

/* What is shown */

function render() {
  document.body.classList.toggle('is-signed-in', me !== '');
  byId('list-title').textContent = listed.title;
  byId('count').textContent = `${articlesCount} in all`;
  byId('list').replaceChildren(...articles.map(itemOf));
  byId('article').hidden = !opened;
  if (!opened) return;
  const { title, body, author, favorited, favoritesCount } = opened;
  byId('article').classList.toggle('is-own', author.username === me);
  byId('title').textContent = title;
  byId('body').textContent = body;
  byId('author').textContent = author.username;
  byId('follow').textContent = author.following ? 'Unfollow' : 'Follow';
  byId('favorite').textContent = `${favorited ? '★' : '☆'} ${favoritesCount}`;
  byId('comments').replaceChildren(
    ...comments.map((comment) => element('li', `${comment.author.username}: ${comment.body}`)),
  );
}

function itemOf({ slug, title, tagList, favorited, favoritesCount, author }) {
  const item = document.createElement('li');
  const tags = tagList.map((tag) => element('button', `#${tag}`, () => listOf({ tag })));
  item.append(
    element('button', title, () => open(slug)),
    ` by ${author.username}, ${favorited ? '★' : '☆'} ${favoritesCount} `,
    ...tags,
  );
  return item;
}

function element(name, text, action) {
  const made = document.createElement(name);
  made.textContent = text;
  if (action) made.addEventListener('click', () => void action().catch(report));
  return made;
}

function report(error) {
  if (error.name === 'AbortError') return;
  byId('state').textContent = error.message;
}

readList().catch(report);
