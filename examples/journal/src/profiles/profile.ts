import { Expose } from 'class-transformer';
import type { Person } from './person.entity.js';

/** A person as others see them. */
export interface Profile {
  id: number;
  username: string;
  bio: string;
  followersCount: number;
  /** Whether whoever looks follows this person. */
  following: boolean;
}

/** The person who has written something, within what they have written. */
export class AuthorView {
  @Expose()
  id: number;

  @Expose()
  username: string;

  @Expose()
  following: boolean;
}

/**
 * @param person whose followers have been loaded
 * @param reader whose followed people have been loaded
 */
export function profileOf(person: Person, reader: Person | undefined): Profile {
  const { id, username, bio, followers } = person;
  return { id, username, bio, followersCount: followers.length, following: follows(reader, person) };
}

/** @param reader whose followed people have been loaded */
export function authorOf(person: Person, reader: Person | undefined): AuthorView {
  const { id, username } = person;
  return { id, username, following: follows(reader, person) };
}

function follows(reader: Person | undefined, person: Person): boolean {
  return reader?.following.contains(person) ?? false;
}
