import { Collection, Entity, ManyToMany, PrimaryKey, Property, Unique } from '@mikro-orm/core';

/** Somebody who writes, or reads and is signed in. */
@Entity()
export class Person {
  @PrimaryKey()
  id!: number;

  /** The name in addresses. */
  @Property()
  @Unique()
  username!: string;

  @Property()
  bio!: string;

  @ManyToMany(() => Person, 'followers', { owner: true })
  following = new Collection<Person>(this);

  @ManyToMany(() => Person, 'following')
  followers = new Collection<Person>(this);
}
