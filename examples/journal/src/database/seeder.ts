import { EntityManager } from '@mikro-orm/libsql';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Article } from '../articles/article.entity.js';
import { Comment } from '../comments/comment.entity.js';
import { Person } from '../profiles/person.entity.js';

/** Fills the database with three people and what they have written. */
@Injectable()
export class Seeder implements OnModuleInit {
  constructor(private readonly em: EntityManager) {}

  async onModuleInit(): Promise<void> {
    const em = this.em.fork();
    const [maya, tomas, ines] = [
      { username: 'maya', bio: 'Walks along rivers, and writes down what she sees.' },
      { username: 'tomas', bio: 'Bakes bread on weekdays and pizza on Sundays.' },
      { username: 'ines', bio: 'Repairs bicycles.' },
    ].map((person) => em.create(Person, person));
    const river = em.create(Article, {
      slug: 'a-heron-at-the-weir',
      title: 'A heron at the weir',
      summary: 'It stood there for an hour.',
      body: 'I had sandwiches, and the heron had patience. Neither of us caught a fish.',
      tagList: ['rivers', 'birds'],
      author: maya,
      createdAt: new Date(),
    });
    em.create(Article, {
      slug: 'sourdough-in-a-cold-kitchen',
      title: 'Sourdough in a cold kitchen',
      summary: 'Give it another six hours.',
      body: 'At fourteen degrees the dough takes its time. So should you.',
      tagList: ['bread'],
      author: tomas,
      createdAt: new Date(),
    });
    em.create(Comment, { body: 'Which weir?', article: river, author: tomas, createdAt: new Date() });
    ines.following.add(maya);
    await em.flush();
  }
}
