import { describe, expect, it } from 'vitest';
import { isBrowserMissing, launchBrowser } from '../support/browser.js';
import { eventually } from '../support/eventually.js';
import { onceDone, shared } from '../support/lifetime.js';
import { isRedisMissing, RunningCluster } from './support/running-cluster.js';
import { Visitor } from './support/visitor.js';

/** Lets a member in, by a browser of their own. */
async function enter(url: string, name: string): Promise<Visitor> {
  const browser = await launchBrowser();
  onceDone(() => browser.close());
  return Visitor.enter(browser, url, name);
}

describe.skipIf(isBrowserMissing || isRedisMissing)('Two members whose pages are served by different processes', () => {
  const stage = shared(async () => {
    const cluster = await RunningCluster.start();
    const ada = await enter(cluster.url, 'Ada Lovelace');
    const processesOfAda = () => cluster.processesOf(1);
    await eventually(() => expect(processesOfAda()).toHaveLength(1));
    const [hers] = processesOfAda();
    const other = cluster.members.find(({ pid }) => pid !== hers)!;
    const grace = await enter(other.url, 'Grace Hopper');
    return { ada, grace, hers, other, processesOfAda };
  });

  it('see each other, and what each of them does', async () => {
    const { ada, grace } = stage();
    const others = ({ page }: Visitor): Promise<string[]> => page.locator('#visitors .name').allTextContents();
    await expect.poll(() => others(ada)).toEqual(['Grace Hopper']);
    await expect.poll(() => others(grace)).toEqual(['Ada Lovelace']);

    await ada.addCard('Written by Ada');
    await grace.shows(grace.card('Written by Ada'), grace.activity('Ada Lovelace added “Written by Ada”'));
    await grace.page.getByRole('button', { name: 'Move Written by Ada to the right' }).click();
    await ada.shows(ada.card('Written by Ada', ada.column('Doing')));
    expect(await ada.titles()).toEqual(await grace.titles());
  });

  it('see everything after one process was killed: its page goes on with the other, without a reload', async () => {
    const { ada, grace, hers, other, processesOfAda } = stage();
    let loads = 0;
    ada.page.on('load', () => loads++);

    process.kill(hers, 'SIGKILL');
    await grace.addCard('Written meanwhile');
    await grace.page.getByRole('button', { name: 'Move Order seed potatoes to the right' }).click();
    await ada.shows(ada.card('Written meanwhile'), ada.card('Order seed potatoes', ada.column('Doing')));
    await ada.shows(ada.page.locator('#connection[data-state=connected]'));
    await expect.poll(() => processesOfAda().at(-1)).toBe(other.pid);

    await grace.addCard('Written afterwards');
    await ada.shows(ada.card('Written afterwards'));
    await ada.addCard('Written by Ada on the other process');
    await grace.shows(grace.card('Written by Ada on the other process'));
    await expect.poll(() => ada.titles()).toEqual(await grace.titles());
    // No card is lost or doubled.
    const titles = (await ada.titles()).flat();
    expect(new Set(titles).size).toBe(titles.length);
    for (const title of ['Written by Ada', 'Written meanwhile', 'Written afterwards']) expect(titles).toContain(title);
    expect(loads).toBe(0);
  });
});
