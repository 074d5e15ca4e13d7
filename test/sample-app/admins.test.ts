import { beforeAll, describe, expect, it } from 'vitest';
import { connect } from '../../src/front-ends/client/index.js';
import { isBrowserMissing } from '../support/browser.js';
import { openStage } from './support/stage.js';
import type { Visitor } from './support/visitor.js';

describe.skipIf(isBrowserMissing)('An admin', () => {
  const stage = openStage();
  let admin: Visitor;
  let adminsOther: Visitor;
  let grace: Visitor;

  beforeAll(async () => {
    admin = await stage().enter('admin');
    adminsOther = await admin.openAnother();
    grace = await stage().enter('Grace Hopper');
  });

  const note = 'The council must not hear of this';
  const noteOf = ({ page }: Visitor) => page.getByLabel('Note, for admins only');
  const cardMessages = ({ received }: Visitor) =>
    received.messages.filter(({ event, data }) => event === 'card' && data.verb === 'updated').map(({ data }) => data);

  it('writes a note on a card that other admins see at once', async () => {
    await adminsOther.openCard('Ask the council for the key');
    await admin.openCard('Ask the council for the key');

    await noteOf(admin).fill(note);
    await noteOf(admin).blur();

    await expect.poll(() => noteOf(adminsOther).inputValue()).toBe(note);
  });

  it('receives the note, too, when a member changes the card', async () => {
    await admin.closeCard();
    const before = cardMessages(admin).length;
    await grace.page.getByRole('button', { name: 'Move Ask the council for the key to the left' }).click();

    await admin.shows(admin.card('Ask the council for the key', admin.column('Doing')));
    const [heard] = cardMessages(admin).slice(before);
    expect(heard.data).toMatchObject({ title: 'Ask the council for the key', column: 'doing', note });
  });

  it('is the only one who receives it: members get it in no response and no frame', async () => {
    await grace.openCard('Ask the council for the key');
    expect(await noteOf(grace).isVisible()).toBe(false);
    await grace.closeCard();
    // Grace also reads what was there before she came.
    const cookie = await stage().app.signIn('Grace Hopper');
    const cards = await (await fetch(`${stage().app.url}/boards/1/cards`, { headers: { cookie } })).text();
    await admin.sayHello();
    await grace.showsToast('admin says hello');

    // She was told about the change that the note came with.
    expect(cardMessages(grace).map(({ data }) => data?.title)).toContain('Ask the council for the key');
    const everything = [cards, await grace.received.everything()].join('\n');
    expect(everything.includes('Ask the council for the key')).toBe(true);
    expect(everything.includes(note)).toBe(false);
    expect(/"note\\?":/.exec(everything)).toBeNull();
  });

  it('is the only one who can write it', async () => {
    const sockets = connect(stage().app.url, { extraHeaders: { cookie: await stage().app.signIn('Grace Hopper') } });
    const refused = sockets.patch('/boards/1/cards/7', { note: 'Peep' }).finally(() => sockets.close());

    await expect(refused).rejects.toMatchObject({ statusCode: 403 });
    expect(stage().app.query('select note from card where id = 7')).toEqual([{ note }]);
  });
});
