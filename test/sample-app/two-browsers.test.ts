import { beforeAll, describe, expect, it } from 'vitest';
import { isBrowserMissing } from '../support/browser.js';
import { openStage } from './support/stage.js';
import type { Visitor } from './support/visitor.js';

describe.skipIf(isBrowserMissing)('Two browsers with the same board open', () => {
  const stage = openStage();
  let ada: Visitor;
  let grace: Visitor;

  beforeAll(async () => {
    ada = await stage().enter('Ada Lovelace');
    grace = await stage().enter('Grace Hopper');
  });

  /** Waits until each has been greeted by the other: everything sent before has arrived then, as sockets keep order. */
  async function everythingHasArrived(): Promise<void> {
    for (const [from, to] of [
      [ada, grace],
      [grace, ada],
    ] as const) {
      const before = greetings(to).length;
      await from.sayHello();
      await expect.poll(() => greetings(to).length).toBe(before + 1);
    }
  }

  const greetings = ({ received }: Visitor) => received.messages.filter(({ event }) => event === 'hello');

  /** The messages that told a page about cards added to its boards. */
  const newCards = ({ received }: Visitor) =>
    received.messages.filter(({ event, data }) => event === 'board' && data.attribute === 'cards');

  it('show a card that the other adds', async () => {
    await ada.addCard('Buy twine');

    await grace.shows(grace.card('Buy twine', grace.column('To do')));
    await grace.shows(grace.activity('Ada Lovelace added “Buy twine”'));
    expect(await grace.titles()).toEqual(await ada.titles());
  });

  it('move a card for both with its arrow buttons', async () => {
    await ada.addCard('Sharpen the shears');
    await grace.shows(grace.card('Sharpen the shears'));

    await grace.page.getByRole('button', { name: 'Move Sharpen the shears to the right' }).click();

    await ada.shows(ada.card('Sharpen the shears', ada.column('Doing')));
    await ada.shows(ada.activity('Grace Hopper moved “Sharpen the shears” to Doing'));
    expect(await ada.titles()).toEqual(await grace.titles());
  });

  it('move a card for both with the keyboard, and the card keeps the focus', async () => {
    await ada.addCard('Sow the radishes');
    await grace.shows(grace.card('Sow the radishes'));
    const card = grace.card('Sow the radishes').getByRole('button', { name: 'Sow the radishes', exact: true });

    await card.press('Shift+ArrowUp');
    await card.press('Shift+ArrowRight');
    await card.press('Shift+ArrowRight');

    await ada.shows(ada.card('Sow the radishes', ada.column('Done')));
    await expect.poll(() => ada.titles()).toEqual(await grace.titles());
    expect(await grace.page.locator(':focus').textContent()).toBe('Sow the radishes');
  });

  it('move a card for both by dragging, to where it is dropped', async () => {
    await ada.addCard('Hang up the bird box');
    await grace.shows(grace.card('Hang up the bird box'));
    const [from, above, below] = await Promise.all([
      ada.card('Hang up the bird box').boundingBox(),
      ada.card('Measure the beds').boundingBox(),
      ada.card('Ask the council for the key').boundingBox(),
    ]);
    const { mouse } = ada.page;

    await mouse.move(from!.x + 20, from!.y + 15);
    await mouse.down();
    await mouse.move(from!.x + 60, from!.y + 30);
    await mouse.move(below!.x + 40, (above!.y + above!.height + below!.y) / 2, { steps: 5 });
    await mouse.up();

    const done = ['Measure the beds', 'Hang up the bird box', 'Ask the council for the key'];
    await expect.poll(async () => (await grace.titles())[2]).toEqual(expect.arrayContaining(done));
    const titles = (await grace.titles())[2];
    expect(titles.filter((title) => done.includes(title))).toEqual(done);
    expect(await ada.titles()).toEqual(await grace.titles());
    await expect(ada.page.locator('#card-dialog').isVisible()).resolves.toBe(false);
  });

  it('show a comment on a card that the other has open', async () => {
    await ada.openCard('Paint the sign at the gate');
    await grace.openCard('Paint the sign at the gate');

    await ada.comment('Green, with a <b>golden</b> edge?');

    await grace.shows(grace.page.locator('#comments li', { hasText: 'Green, with a <b>golden</b> edge?' }));
    await ada.closeCard();
    await grace.closeCard();
    await grace.shows(grace.card('Paint the sign at the gate').getByTitle('1 comment', { exact: true }));
    await grace.shows(grace.activity('Ada Lovelace commented on “Paint the sign at the gate”'));
  });

  it('count a vote, and stop counting one that is withdrawn', async () => {
    const title = 'Find somebody with a wheelbarrow';

    await ada.page.getByRole('button', { name: `Vote for ${title}` }).click();
    await grace.shows(grace.page.getByRole('button', { name: `Vote for ${title}, 1 so far` }));

    await ada.page.getByRole('button', { name: `Vote for ${title}` }).click();
    await grace.shows(grace.page.getByRole('button', { name: `Vote for ${title}, 0 so far` }));
  });

  it('close a card that the other deletes', async () => {
    await ada.addCard('Count the snails');
    await grace.openCard('Count the snails');

    await ada.openCard('Count the snails');
    await ada.page.getByRole('button', { name: 'Delete this card' }).click();

    await grace.showsNoMore(grace.card('Count the snails'));
    await expect.poll(() => grace.page.locator('#card-dialog').isVisible()).toBe(false);
  });

  it('show a new board, its new name and its end', async () => {
    await ada.page.getByRole('button', { name: 'New board' }).click();
    await grace.shows(grace.page.getByRole('button', { name: 'New board 0' }));
    await ada.shows(ada.page.locator('#board-title:focus'));

    await ada.page.getByLabel('Board title').fill('Harvest');
    await ada.page.keyboard.press('Enter');
    await ada.addCard('Borrow crates');
    const tab = grace.page.getByRole('button', { name: 'Harvest 1' });
    await tab.click();
    await grace.shows(grace.card('Borrow crates'));

    ada.page.once('dialog', (dialog) => void dialog.accept());
    await ada.page.getByRole('button', { name: 'Delete this board' }).click();
    await grace.showsNoMore(tab);
    // A page whose board is gone shows the first one.
    await grace.shows(grace.card('Measure the beds'));
    await ada.shows(ada.card('Measure the beds'));
  });

  it('receive nothing about a board that they have left', async () => {
    await everythingHasArrived();
    const before = greetings(grace).length;
    await grace.page.getByRole('button', { name: 'Summer party' }).click();
    await grace.shows(grace.card('Pick a date'));

    const [heard, count] = [grace.received.messages.length, newCards(grace).length];
    await ada.sayHello();
    await ada.page.getByRole('button', { name: 'Move Paint the sign at the gate to the right' }).click();
    await ada.shows(ada.activity('Ada Lovelace moved “Paint the sign at the gate” to Done'));
    await ada.addCard('Not for the party');
    // Except for the count next to the board's name.
    await expect.poll(() => newCards(grace).length).toBe(count + 1);
    expect(grace.received.messages).toHaveLength(heard + 1);
    expect(await grace.card('Not for the party').count()).toBe(0);

    await grace.page.getByRole('button', { name: 'Community garden' }).click();
    await grace.shows(grace.card('Not for the party'));
    await everythingHasArrived();
    expect(greetings(grace)).toHaveLength(before + 1);
  });

  it('tell the other about a new card, and not the one who added it', async () => {
    const before = { ada: newCards(ada).length, grace: newCards(grace).length };
    await ada.addCard('Told to others');
    await everythingHasArrived();

    expect(newCards(grace)).toHaveLength(before.grace + 1);
    expect(newCards(ada)).toHaveLength(before.ada);
    expect(await ada.card('Told to others').count()).toBe(1);
  });

  it('greet the other, and not the one who says hello', async () => {
    await grace.forgetToasts();
    await ada.sayHello();
    await grace.showsToast('Ada Lovelace says hello to everyone on this board');
    await everythingHasArrived();

    const greeters = (visitor: Visitor) => new Set(greetings(visitor).map(({ data }) => data.memberId));
    expect(greeters(ada)).toEqual(new Set([2]));
    expect(greeters(grace)).toEqual(new Set([1]));
  });

  it('show what somebody writes, and never run it', async () => {
    const title = '<img src=x onerror="document.title=`Owned`"> & <b>bold</b>';
    await ada.addCard(title);

    await grace.shows(grace.card(title));
    expect(await grace.page.locator('.card img, .card b').count()).toBe(0);
    expect(await grace.page.title()).toBe('Task board');
  });

  it('never get a member’s e-mail address or password, in any response or frame', async () => {
    await ada.addCard('Hide and seek');
    await grace.openCard('Hide and seek');
    await grace.page.getByLabel('Assigned to').selectOption('Katherine Johnson');
    await grace.comment('Who wrote this?');
    await ada.shows(ada.card('Hide and seek').getByTitle('Katherine Johnson'));
    await grace.page.getByRole('button', { name: 'Delete this card' }).click();
    await ada.showsNoMore(ada.card('Hide and seek'));
    await everythingHasArrived();

    const secrets = stage()
      .app.query('select email, passwordHash from member')
      .flatMap((row) => Object.values(row) as string[]);
    expect(new Set(secrets).size).toBe(10);
    for (const visitor of [ada, grace]) {
      const everything = await visitor.received.everything();
      expect(secrets.filter((secret) => everything.includes(secret))).toEqual([]);
      expect(/"(?:e-?mail|password\w*)\\?":/i.exec(everything)).toBeNull();
    }
    // The search proves something only if members were sent at all: inside a message, and inside a response.
    const told = ada.received.messages.map(({ event, data: { verb, data } }) => ({ event, verb, ...data }));
    const katherine = { id: 4, name: 'Katherine Johnson' };
    expect(told).toContainEqual(expect.objectContaining({ event: 'card', verb: 'updated', assignee: katherine }));
    const author = '"author":{"id":2,"name":"Grace Hopper"}';
    expect((await grace.received.everything()).includes(author)).toBe(true);
  });

  it('use the socket for everything but signing in', () => {
    for (const { received } of [ada, grace]) {
      expect(received.httpCalls).toEqual(['POST /session']);
      expect(received.socketCalls.length).toBeGreaterThan(20);
    }
  });

  it('say when the server is gone, and show what happened meanwhile after signing in again', async () => {
    await ada.addCard('Written before the restart');
    await grace.shows(grace.card('Written before the restart'));
    expect(await ada.connection.textContent()).toBe('Connected');

    await stage().app.stop();
    await ada.shows(ada.connection.getByText('Reconnecting'));
    await grace.shows(grace.connection.getByText('Reconnecting'));
    await ada.page.getByRole('button', { name: 'Move Written before the restart to the right' }).click();
    await ada.showsToast('Cards can’t be moved while you are disconnected');
    await ada.shows(ada.card('Written before the restart', ada.column('To do')));
    stage().app.query(
      `insert into card (boardId, title, "column", position, version)
       values (1, 'Written while nobody listened', 'todo', 100, 1) returning id`,
    );
    await stage().app.start();

    for (const [visitor, name] of [
      [ada, 'Ada Lovelace'],
      [grace, 'Grace Hopper'],
    ] as const) {
      // Sessions are kept in memory, so they ended with the server.
      await visitor.shows(visitor.signInForm);
      expect(await visitor.page.locator('.card').count()).toBe(0);
      await visitor.signIn(name);
      await visitor.shows(visitor.page.locator('#connection[data-state=connected]'));
      await visitor.shows(visitor.card('Written while nobody listened'));
      // The database is a file: what was written before is still there.
      await visitor.shows(visitor.card('Written before the restart'));
    }
    // And they receive each other's changes again.
    await grace.addCard('Written after the restart');
    await ada.shows(ada.card('Written after the restart'));
  });

  it('say when the browser itself is offline, and then show what happened meanwhile', async () => {
    await ada.page.context().setOffline(true);
    await ada.shows(ada.page.locator('#connection[data-state=offline]'));
    await grace.addCard('Written while a tab was offline');
    await grace.page.getByRole('button', { name: 'Move Written after the restart to the right' }).click();

    await ada.page.context().setOffline(false);
    await ada.shows(ada.page.locator('#connection[data-state=connected]'));
    await ada.shows(ada.card('Written while a tab was offline'));
    await ada.shows(ada.card('Written after the restart', ada.column('Doing')));
    await expect.poll(() => ada.titles()).toEqual(await grace.titles());
  });
});
