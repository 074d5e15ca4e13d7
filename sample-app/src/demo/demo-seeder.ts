import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { Activity } from '../activity/activity.entity.js';
import { Board } from '../boards/board.entity.js';
import { Card } from '../cards/card.entity.js';
import { columnTitle } from '../cards/column.js';
import { Comment } from '../comments/comment.entity.js';
import { Member } from '../members/member.entity.js';
import { hashOf } from '../members/password.js';
import { boards, type DemoCard, members, password } from './demo-data.js';

/** Fills an empty database with boards to play with. */
@Injectable()
export class DemoSeeder implements OnApplicationBootstrap {
  private readonly logger = new Logger(DemoSeeder.name);

  constructor(private readonly database: DataSource) {}

  async onApplicationBootstrap(): Promise<void> {
    if (await this.database.manager.exists(Member)) return;
    await this.database.transaction((manager) => this.fill(manager));
    this.logger.log('The database was empty, so it got three boards to play with');
  }

  private async fill(manager: EntityManager): Promise<void> {
    const people = await manager.save(Member, await Promise.all(members.map(withPassword)));
    for (const { cards, owner: name, ...board } of boards) {
      const owner = people.find((member) => member.name === name);
      const { id } = await manager.save(Board, { ...board, owner });
      await manager.save(Activity, { boardId: id, member: owner, what: 'created the board' });
      for (const [position, card] of cards.entries()) await addCard(manager, { id }, position, card, people);
    }
  }
}

async function withPassword(member: (typeof members)[number]) {
  return { ...member, passwordHash: await hashOf(password) };
}

async function addCard(
  manager: EntityManager,
  board: { id: number },
  position: number,
  { assignee, voters = [], comments = [], ...card }: DemoCard,
  people: Member[],
): Promise<void> {
  const named = (name?: string) => people.find((member) => member.name === name);
  const { id: cardId } = await manager.save(Card, {
    ...card,
    board,
    position,
    assignee: named(assignee),
    voters: people.filter(({ name }) => voters.some((voter) => voter === name)),
  });
  const title = `“${card.title}”`;
  const last = card.column === 'todo' ? `added ${title}` : `moved ${title} to ${columnTitle[card.column]}`;
  const activities = [{ member: named(assignee), what: last }];
  for (const { author, text } of comments) {
    await manager.save(Comment, { cardId, author: named(author), text });
    activities.push({ member: named(author), what: `commented on ${title}` });
  }
  for (const activity of activities) if (activity.member) await manager.save(Activity, { board, ...activity });
}
