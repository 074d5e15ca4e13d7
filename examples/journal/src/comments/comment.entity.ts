import { Entity, ManyToOne, PrimaryKey, Property } from '@mikro-orm/core';
import { Article } from '../articles/article.entity.js';
import { Person } from '../profiles/person.entity.js';

@Entity()
export class Comment {
  @PrimaryKey()
  id!: number;

  @Property()
  body!: string;

  @Property()
  createdAt: Date = new Date();

  @ManyToOne(() => Article, { deleteRule: 'cascade' })
  article!: Article;

  @ManyToOne(() => Person)
  author!: Person;
}
