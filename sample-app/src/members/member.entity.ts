import { Exclude } from 'class-transformer';
import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

@Entity()
export class Member {
  @PrimaryGeneratedColumn()
  id: number;

  @Column({ unique: true })
  name: string;

  /** Admins see more than others do. Nobody is told who is one. */
  @Exclude()
  @Column({ default: false })
  isAdmin: boolean;

  /** Never leaves the server, neither in a response nor over a socket. */
  @Exclude()
  @Column()
  email: string;

  /** Never leaves the server either, and is read only to sign somebody in. */
  @Exclude()
  @Column({ select: false })
  passwordHash: string;
}
