import { Collection, Entity, ManyToMany, ManyToOne, PrimaryKey, Property, Unique } from '@mikro-orm/core';
import { Person } from '../profiles/person.entity.js';

@Entity()
export class Article {
  @PrimaryKey()
  id!: number;

  /** The name in addresses, which changes with the title. */
  @Property()
  @Unique()
  slug!: string;

  @Property()
  title!: string;

  @Property()
  summary!: string;

  @Property()
  body!: string;

  @Property({ type: 'json' })
  tagList!: string[];

  @Property()
  createdAt: Date = new Date();

  @ManyToOne(() => Person)
  author!: Person;

  @ManyToMany(() => Person)
  favoritedBy = new Collection<Person>(this);
}
