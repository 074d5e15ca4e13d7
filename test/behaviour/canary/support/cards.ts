import { Exclude, Expose, Type } from 'class-transformer';
import { CANARIES } from './canaries.js';

class Person {
  id = 'ada';
  name = 'owner';
  @Exclude() password = CANARIES.nested;
}

export class Comment {
  id = 3;
  text = 'fine';
  @Exclude() address = CANARIES.added;
}

/** As handlers return them. */
export class Card {
  id!: number;
  title!: string;
  @Exclude() tenant!: string;
  @Exclude() notes = CANARIES.excluded;
  @Expose({ groups: ['staff'] }) grade = CANARIES.grouped;
  @Type(() => Person) owner = new Person();

  constructor(fields: Pick<Card, 'id' | 'title' | 'tenant'>) {
    Object.assign(this, fields);
  }
}

/** As they stand in the database, with a column that handlers do not select. */
export interface Row {
  id: number;
  title: string;
  tenant: string;
  column: string;
}

export class PublicCard {
  @Expose() id!: number;
}
