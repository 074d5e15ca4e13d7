import { Exclude } from 'class-transformer';
import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

@Entity()
export class Member {
  @PrimaryGeneratedColumn()
  id: number;

  @Column({ unique: true })
  name: string;

  /** Sees more than others do. That somebody is one, is not told. */
  @Exclude()
  @Column({ default: false })
  isAdmin: boolean;

  /** Nobody's business: it never leaves the server, neither in an answer nor through a socket. */
  @Exclude()
  @Column()
  email: string;

  /** Nor does this, and it is not even read but to sign somebody in. */
  @Exclude()
  @Column({ select: false })
  passwordHash: string;
}
